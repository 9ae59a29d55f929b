package config

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxText = 4096  // bytes of one value
	maxDays = 36500 // of a duration; far below where time.Duration overflows
	day     = 24 * time.Hour
)

// decode sets a field of Config from the text of one value. Its errors tell
// what is wrong and what is accepted, and show no value of a Secret.
func decode(v reflect.Value, text string) error {
	_, secret := v.Interface().(Secret)
	switch {
	case len(text) > maxText:
		return fmt.Errorf("is longer than %d bytes", maxText)
	case !secret && (!utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl)):
		return errors.New("holds a control character or is not UTF-8; accepted: one line of text")
	}
	var err error
	switch target := v.Addr().Interface().(type) {
	case *time.Duration:
		*target, err = parseDuration(text)
	case encoding.TextUnmarshaler:
		err = target.UnmarshalText([]byte(text))
	case *string:
		*target = text
	case *bool:
		if *target, err = strconv.ParseBool(text); err != nil {
			err = fmt.Errorf("%s is neither; accepted: true or false", quote(text))
		}
	case *int:
		if *target, err = strconv.Atoi(text); err != nil {
			err = fmt.Errorf("%s is not a whole number", quote(text))
		}
	default:
		panic("config: no decoder for " + v.Type().String())
	}
	return err
}

// decodeList sets a slice, one element per text.
func decodeList(v reflect.Value, texts []string) error {
	list := reflect.MakeSlice(v.Type(), len(texts), len(texts))
	for i, text := range texts {
		if err := decode(list.Index(i), text); err != nil {
			return fmt.Errorf("entry %d %w", i+1, err)
		}
	}
	v.Set(list)
	return nil
}

// split cuts one text into the entries of a list: at line ends for secrets,
// which may hold commas, else at commas. Empty entries are dropped.
func (s setting) split(text string) []string {
	sep := ","
	if s.isSecret() {
		sep = "\n"
	}
	var parts []string
	for part := range strings.SplitSeq(text, sep) {
		if s.isSecret() {
			part = strings.TrimSuffix(part, "\r")
		} else {
			part = strings.TrimSpace(part)
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// encode writes what decode and split read, a Secret included.
func encode(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return formatDuration(value)
	case Secret:
		return value.Reveal()
	case []string, []Network:
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = encode(v.Index(i))
		}
		return strings.Join(texts, ",")
	default:
		return fmt.Sprint(value)
	}
}

// parseDuration reads a Go duration, before which whole days may stand:
// "30d", "1d12h", "10m", "0".
func parseDuration(text string) (time.Duration, error) {
	bad := fmt.Errorf("%s is not a duration; accepted: such as 90s, 10m, 12h or 30d", quote(text))
	var days int
	rest := text
	if before, after, found := strings.Cut(text, "d"); found {
		n, err := strconv.ParseUint(before, 10, 31)
		if err != nil || n > maxDays {
			return 0, bad
		}
		if days, rest = int(n), after; rest == "" {
			rest = "0"
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || d > maxDays*day || strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "-") {
		return 0, bad
	}
	return time.Duration(days)*day + d, nil
}

// formatDuration writes what parseDuration reads, as short as it can.
func formatDuration(d time.Duration) string {
	if d != 0 && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Network is an IP address or a CIDR block. An address is a block of one.
type Network struct{ netip.Prefix }

// UnmarshalText refuses what would match nothing or everybody.
func (n *Network) UnmarshalText(text []byte) error {
	prefix, err := netip.ParsePrefix(string(text))
	if addr, addrErr := netip.ParseAddr(string(text)); addrErr == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	switch {
	case err != nil || prefix.Addr().Is4In6():
		return fmt.Errorf("%s is not a network; accepted: an IP address or a CIDR block such as 10.0.0.0/8", quote(string(text)))
	case prefix.Bits() == 0:
		return fmt.Errorf("%s is the whole internet, so every client could claim any address; name your proxies' network", quote(string(text)))
	case prefix != prefix.Masked():
		return fmt.Errorf("%s has bits past its length; you may mean %s", quote(string(text)), prefix.Masked())
	}
	n.Prefix = prefix
	return nil
}

// quote shows the start of a value that is not secret.
func quote(text string) string {
	const most = 64
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strconv.Quote(text)
}
