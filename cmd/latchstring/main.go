// Command latchstring is a login server in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/latchstring/latchstring/internal/config"
	"github.com/latchstring/latchstring/internal/server"
)

type commands struct {
	config.Config

	Serve serveCommand `cmd:"" help:"Run the server."`
	User  userCommands `cmd:"" help:"Accounts."`
	Key   struct {
		List   keyListCommand   `cmd:"" help:"List the signing keys."`
		Rotate keyRotateCommand `cmd:"" help:"Make a successor of the signing key; it signs within a minute."`
	} `cmd:"" help:"Signing keys."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "latchstring:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("latchstring"), kong.Description("A login server in one binary."), config.KongOption())
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	effective, err := config.Load(config.Flags(parsed), os.Environ())
	if err != nil {
		return fmt.Errorf("the settings are wrong:\n%w", err)
	}
	log := newLogger(effective.Config)
	s, err := server.Open(ctx, effective.Config, log, time.Now)
	if err != nil {
		return err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(s, effective, log)
	return errors.Join(parsed.Run(), s.Close())
}

func newLogger(c config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // checked by config
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "text" || (c.LogFormat == "auto" && term.IsTerminal(int(os.Stderr.Fd()))) {
		return slog.New(slog.NewTextHandler(os.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, options))
}

type serveCommand struct{}

func (serveCommand) Run(ctx context.Context, s *server.Server, c *config.Effective, log *slog.Logger) error {
	return s.Serve(ctx, func() {
		log.Info("ready", "url", c.PublicURL, "listen", c.Listen)
		if term.IsTerminal(int(os.Stdout.Fd())) {
			fmt.Printf(firstSteps, c.PublicURL)
		}
	})
}

const firstSteps = `
Try it in another terminal:

curl -i %[1]s/login/register -H 'Content-Type: application/json' -d '{"username":"alice","password":"a long walk in the rain","email":"alice@example.com"}'
curl -i -u 'alice:a long walk in the rain' -X POST %[1]s/login
curl -i %[1]s/hello_world -H "Authorization: Bearer $ACCESS"
curl -i %[1]s/login/refresh -H 'Content-Type: application/json' -d "{\"refresh_token\":\"$REFRESH\"}"

`

type keyListCommand struct{}

func (keyListCommand) Run(s *server.Server) error {
	for _, pair := range s.Ring().Pairs() {
		fmt.Printf("%s\t%s\t%s\t%s\n", pair.ID, pair.Algorithm, pair.State(time.Now()), pair.ActivatesAt.Format(time.RFC3339))
	}
	return nil
}

type keyRotateCommand struct{}

func (keyRotateCommand) Run(ctx context.Context, s *server.Server) error { return s.Ring().Rotate(ctx) }
