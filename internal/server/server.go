package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchstring/latchstring/internal/account"
	"github.com/latchstring/latchstring/internal/api"
	"github.com/latchstring/latchstring/internal/config"
	"github.com/latchstring/latchstring/internal/grant"
	"github.com/latchstring/latchstring/internal/keys"
	"github.com/latchstring/latchstring/internal/password"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/session"
	"github.com/latchstring/latchstring/internal/store"
	"github.com/latchstring/latchstring/internal/token"
)

var jwksCacheControl = "public, max-age=" + strconv.Itoa(int(keys.JWKSMaxAge/time.Second))

// Server is one node.
type Server struct {
	config        config.Config
	log           *slog.Logger
	now           func() time.Time
	db            *store.DB
	ring          *keys.Ring
	accounts      *account.Accounts
	api           *api.API
	registrations *limiter
	refreshes     *limiter
}

// Open opens the database, the secret and the keys.
func Open(ctx context.Context, c config.Config, log *slog.Logger, now func() time.Time) (*Server, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	db, err := store.Open(ctx, c.Database.Reveal(), c.Data)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: c, log: log, now: now, db: db,
		registrations: newLimiter(c.RegistrationsPerMinute), refreshes: newLimiter(c.RefreshesPerMinute),
	}
	if err := s.wire(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *Server) wire(ctx context.Context) error {
	c := s.config
	previous := make([]string, len(c.PreviousSecrets))
	for i, p := range c.PreviousSecrets {
		previous[i] = p.Reveal()
	}
	secret, err := keys.OpenSecret(ctx, s.db, c.Data, c.Secret.Reveal(), previous)
	if err != nil {
		return err
	}
	s.ring, err = keys.OpenRing(ctx, s.db, secret, keys.Policy{
		Algorithm: jose.SignatureAlgorithm(c.AccessTokenAlgorithm), RotateEvery: c.KeyRotation,
	}, s.now)
	if err != nil {
		return err
	}
	minter, err := token.NewMinter(s.ring, secret, token.Settings{
		Issuer: c.PublicURL, FormerIssuers: c.FormerPublicURLs, Audience: c.Audience,
		AccessLifetime: c.AccessTokenLifetime, SharedKey: []byte(c.HS256Key.Reveal()),
	}, s.now)
	if err != nil {
		return err
	}
	s.accounts = &account.Accounts{
		DB:      s.db,
		Hashing: password.Argon2{MemoryKiB: uint32(c.Argon2MemoryKiB), Time: uint32(c.Argon2Time), Threads: uint8(c.Argon2Threads)},
		Policy:  password.Policy{MinBytes: c.PasswordMinBytes, MaxBytes: c.PasswordMaxBytes, MinScore: c.PasswordMinScore},
		Pool:    password.NewPool(c.HashWorkers, c.HashQueue),
		Throttle: account.Throttle{
			Key: secret.Derive("throttle"), FreePerAccount: c.LoginFailuresPerAccount, FreePerNetwork: c.LoginFailuresPerNetwork,
		},
		Now: s.now,
	}
	grants := &grant.Grants{DB: s.db, Now: s.now, Lifetimes: grant.Lifetimes{
		Idle: c.RefreshIdleLifetime, Absolute: c.RefreshLifetime, Grace: c.RefreshGrace,
	}}
	s.api = &api.API{
		DB: s.db, Accounts: s.accounts, Grants: grants, Minter: minter, Now: s.now,
		Sessions:     &session.Sessions{DB: s.db, Accounts: s.accounts, Grants: grants, Now: s.now},
		Registration: c.Registration, Origin: s.Origin, Outcome: s.outcome,
	}
	return nil
}

// Close closes the database.
func (s *Server) Close() error { return s.db.Close() }

// Handler answers every request.
func (s *Server) Handler() http.Handler { return s.mux() }

// Accounts is for the commands that work on the same database.
func (s *Server) Accounts() *account.Accounts { return s.accounts }

// Ring is for the commands that work on the signing keys.
func (s *Server) Ring() *keys.Ring { return s.ring }

// outcome logs how each authentication ended.
func (s *Server) outcome(ctx context.Context, act, outcome, userID string) {
	s.log.LogAttrs(ctx, slog.LevelInfo, act, slog.String("outcome", outcome), slog.String("user", userID), slog.String("request_id", problem.RequestID(ctx)))
}

// Serve listens until ctx ends, then lets what is under way finish.
func (s *Server) Serve(ctx context.Context, ready func()) error {
	if !s.config.ListensOnLoopback() && !s.config.InsecureHTTP {
		return fmt.Errorf("refusing to listen on %s without HTTPS: passwords could be read on the way. "+
			"Listen on localhost behind a proxy that speaks HTTPS, or say --insecure-http if you mean it", s.config.Listen)
	}
	if s.config.InsecureHTTP {
		s.log.Warn("plain HTTP is served: passwords and tokens can be read on the way")
	}
	if err := s.accounts.RefreshDummies(ctx); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	web := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.limitMemory()
	background, stop := context.WithCancel(ctx)
	defer stop()
	go s.ring.Run(background, s.log)
	go s.sweep(background)
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	ready()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return web.Shutdown(drain)
}

// limitMemory has the collector keep up with a storm of logins: each hash
// leaves its whole memory as garbage. GOMEMLIMIT, where it is set, wins.
func (s *Server) limitMemory() {
	const rest = 32 << 20
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(rest + int64(s.config.HashWorkers)*int64(s.config.Argon2MemoryKiB)<<10)
	}
}

// sweep removes expired rows, a small batch at a time.
func (s *Server) sweep(ctx context.Context) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			err := s.db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Sweep(ctx, s.now(), 500); return err })
			if err = errors.Join(err, s.accounts.RefreshDummies(ctx)); err != nil && ctx.Err() == nil {
				s.log.Error("sweep", "error", err)
			}
		}
	}
}
