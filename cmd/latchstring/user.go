package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/latchstring/latchstring/internal/account"
	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/server"
	"github.com/latchstring/latchstring/internal/store"
)

// operator is who acts at the command line.
var operator = audit.Origin{Actor: "cli"}

type userCommands struct {
	Create   userCreate   `cmd:"" help:"Make an account. The password is asked for, or read from standard input."`
	List     userList     `cmd:"" help:"List accounts, oldest first."`
	Show     userShow     `cmd:"" help:"Show one account."`
	Edit     userEdit     `cmd:"" help:"Change username or email."`
	Password userPassword `cmd:"" help:"Set a new password and end every sign-in."`
	Disable  userDisable  `cmd:"" help:"Keep the person from signing in and end every sign-in at once."`
	Enable   userEnable   `cmd:"" help:"Let the person sign in again; clears the counters of failed passwords."`
	Delete   userDelete   `cmd:"" help:"Delete the account with everything that belongs to it."`
	Logout   userLogout   `cmd:"" help:"End every sign-in of the person."`
}

// output is how a command prints.
type output struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// whom names the account that a command is about.
type whom struct {
	User string `arg:"" help:"Id, username or email address."`
}

func (w whom) find(ctx context.Context, s *server.Server) (store.User, error) {
	u, err := s.Accounts().Find(ctx, w.User)
	return u, readable(err)
}

type secretInput struct {
	Hash bool `help:"What is read is a password hash made elsewhere (Django, bcrypt, argon2, scrypt), not a password."`
}

type userCreate struct {
	secretInput
	output
	Username string `required:"" help:"Username."`
	Email    string `required:"" help:"Email address."`
}

func (c userCreate) Run(ctx context.Context, s *server.Server) error {
	secret, err := readSecret()
	if err != nil {
		return err
	}
	u, err := s.Accounts().Register(ctx, account.Draft{
		Username: c.Username, Email: c.Email, Password: secret, HashGiven: c.Hash,
	}, operator)
	if err != nil {
		return readable(err)
	}
	return c.print(u)
}

type userList struct {
	output
	After string `help:"Start after this id."`
	Limit int    `default:"100" help:"At most so many, up to 1000."`
}

func (c userList) Run(ctx context.Context, s *server.Server) error {
	users, err := s.Accounts().DB.Users(ctx, c.After, min(max(c.Limit, 1), 1000))
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := c.print(u); err != nil {
			return err
		}
	}
	return nil
}

type userShow struct {
	whom
	output
}

func (c userShow) Run(ctx context.Context, s *server.Server) error {
	u, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	return c.print(u)
}

type userEdit struct {
	whom
	output
	Username string `help:"New username."`
	Email    string `help:"New email address."`
}

func (c userEdit) Run(ctx context.Context, s *server.Server) error {
	u, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	if u, err = s.Accounts().Edit(ctx, u, c.Username, c.Email, operator); err != nil {
		return readable(err)
	}
	return c.print(u)
}

type userPassword struct {
	whom
	secretInput
}

func (c userPassword) Run(ctx context.Context, s *server.Server) error {
	return c.with(ctx, s, func(ctx context.Context, u store.User, origin audit.Origin) error {
		secret, err := readSecret()
		if err != nil {
			return err
		}
		return s.Accounts().SetPassword(ctx, u, secret, c.Hash, origin)
	})
}

type userDisable struct{ whom }

func (c userDisable) Run(ctx context.Context, s *server.Server) error {
	return c.with(ctx, s, s.Accounts().Disable)
}

type userEnable struct{ whom }

func (c userEnable) Run(ctx context.Context, s *server.Server) error {
	return c.with(ctx, s, s.Accounts().Enable)
}

type userDelete struct{ whom }

func (c userDelete) Run(ctx context.Context, s *server.Server) error {
	return c.with(ctx, s, s.Accounts().Delete)
}

type userLogout struct{ whom }

func (c userLogout) Run(ctx context.Context, s *server.Server) error {
	return c.with(ctx, s, func(ctx context.Context, u store.User, origin audit.Origin) error {
		n, err := s.Accounts().EndSessions(ctx, u, origin)
		if err == nil {
			fmt.Printf("%d sign-ins ended\n", n)
		}
		return err
	})
}

func (w whom) with(ctx context.Context, s *server.Server, act func(context.Context, store.User, audit.Origin) error) error {
	u, err := w.find(ctx, s)
	if err != nil {
		return err
	}
	return readable(act(ctx, u, operator))
}

func (o output) print(u store.User) error {
	state := "enabled"
	if u.Disabled() {
		state = "disabled"
	}
	if o.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{
			"id": u.ID, "username": u.Username, "email": u.Email, "state": state, "created_at": u.CreatedAt,
		})
	}
	_, err := fmt.Printf("%s\t%s\t%s\t%s\t%s\n", u.ID, u.Username, u.Email, state, u.CreatedAt.Format(time.RFC3339))
	return err
}

// readSecret asks on a terminal, or reads one line from standard input; a
// password is never an argument, which every user of the machine could read.
func readSecret() (string, error) {
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		fmt.Fprint(os.Stderr, "Password: ")
		secret, err := term.ReadPassword(fd)
		fmt.Fprintln(os.Stderr)
		return string(secret), err
	}
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// readable is a refusal as a person at the command line reads it.
func readable(err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return err
	}
	if len(p.Fields) == 0 {
		return fmt.Errorf("%s (%w)", p.Detail, err)
	}
	var lines []string
	for _, f := range p.Fields {
		lines = append(lines, f.Name+": "+f.Message)
	}
	return errors.New(strings.Join(lines, "\n"))
}
