package keys

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/latchstring/latchstring/internal/store"
)

// minSecretBytes is the least a given secret must have.
const minSecretBytes = 32

// secretFile is where a secret that we made is kept, in the data folder.
const secretFile = "secret"

// checkFact names the value by which a node proves to have the right secret.
const checkFact = "secret_check"

// Secret is the installation's secret with those that it replaces. Everything
// symmetric is derived from it by purpose (HKDF, RFC 5869).
type Secret struct {
	current  string
	previous []string
	// Source says where the secret came from, for the log.
	Source string
}

// ErrWrongSecret says that the database belongs to another secret.
var ErrWrongSecret = errors.New("this database was made with another secret. Give this node the secret of the others: " +
	"set LATCHSTRING_SECRET or LATCHSTRING_SECRET_FILE, or copy the file \"secret\" from the first node's data folder. " +
	"To change the secret, list the old one in LATCHSTRING_PREVIOUS_SECRETS")

// OpenSecret returns the given secret, or the one kept in folder, or makes one
// there if the database is new. It refuses a secret that is not the database's.
func OpenSecret(ctx context.Context, db *store.DB, folder, given string, previous []string) (*Secret, error) {
	for _, s := range append([]string{given}, previous...) {
		if s != "" && len(s) < minSecretBytes {
			return nil, fmt.Errorf("the secret has %d bytes, at least %d random ones are needed; make one with: openssl rand -base64 32", len(s), minSecretBytes)
		}
	}
	s := &Secret{current: given, previous: previous, Source: "the settings"}
	if given == "" {
		if err := s.fromFolder(ctx, db, folder); err != nil {
			return nil, err
		}
	}
	return s, s.check(ctx, db)
}

func (s *Secret) fromFolder(ctx context.Context, db *store.DB, folder string) error {
	path := filepath.Join(folder, secretFile)
	s.Source = path
	_, err := db.Fact(ctx, checkFact)
	if errors.Is(err, store.ErrNotFound) {
		if err := makeSecretFile(path); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no secret was given and %s does not exist: %w", path, ErrWrongSecret)
	}
	if err != nil {
		return fmt.Errorf("read the secret: %w", err)
	}
	s.current = strings.TrimSpace(string(text))
	if len(s.current) < minSecretBytes {
		return fmt.Errorf("the secret in %s is damaged: it has fewer than %d bytes. Restore it from a backup", path, minSecretBytes)
	}
	return nil
}

// makeSecretFile writes 32 random bytes to path, complete or not at all; it
// keeps a file that is there already.
func makeSecretFile(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random)                                         // never fails (crypto/rand)
	temporary, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return fmt.Errorf("make the secret: %w", err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(base64.RawURLEncoding.EncodeToString(random) + "\n")
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("make the secret: %w", err)
	}
	// Link, unlike rename, never replaces what another process was faster to make.
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make the secret: %w", err)
	}
	return nil
}

// check compares the secret with the database's check value, and stores that
// value when the database has none.
func (s *Secret) check(ctx context.Context, db *store.DB) error {
	var stored string
	err := db.Write(ctx, func(tx *store.Tx) (err error) {
		stored, err = tx.AddFact(ctx, checkFact, checkValue(s.current))
		return err
	})
	if err != nil {
		return err
	}
	if hmac.Equal([]byte(stored), []byte(checkValue(s.current))) {
		return nil
	}
	for _, old := range s.previous {
		if hmac.Equal([]byte(stored), []byte(checkValue(old))) {
			return db.Write(ctx, func(tx *store.Tx) error { return tx.SetFact(ctx, checkFact, checkValue(s.current)) })
		}
	}
	return ErrWrongSecret
}

func checkValue(secret string) string { return hex.EncodeToString(derive(secret, "secret-check")) }

// Derive returns the 32-byte key for a purpose.
func (s *Secret) Derive(purpose string) []byte { return derive(s.current, purpose) }

// DeriveAll returns the keys for a purpose, of the current secret first.
func (s *Secret) DeriveAll(purpose string) [][]byte {
	all := [][]byte{s.Derive(purpose)}
	for _, old := range s.previous {
		all = append(all, derive(old, purpose))
	}
	return all
}

func derive(secret, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "latchstring/"+purpose, 32)
	if err != nil {
		panic(err) // only for a length that SHA-256 cannot give
	}
	return key
}

// String keeps the secret out of logs and errors.
func (s *Secret) String() string { return "(secret)" }

// GoString keeps the secret out of %#v.
func (s *Secret) GoString() string { return "(secret)" }
