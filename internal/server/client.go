package server

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/problem"
)

// Origin tells from where a request comes.
func (s *Server) Origin(r *http.Request) audit.Origin {
	return audit.Origin{
		Address: s.clientAddress(r), UserAgent: r.UserAgent(), RequestID: problem.RequestID(r.Context()),
	}
}

// clientAddress is the peer's address, or, through trusted proxies, the last
// address in X-Forwarded-For that is no trusted proxy.
func (s *Server) clientAddress(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusts(client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop.Unmap().WithZone("")
	}
	return client
}

func (s *Server) trusts(address netip.Addr) bool {
	for _, network := range s.config.TrustedProxies {
		if network.Contains(address) {
			return true
		}
	}
	return false
}
