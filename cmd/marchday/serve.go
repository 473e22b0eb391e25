package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/web"
)

// The limits of one connection.
const (
	maxHeader    = 64 << 10
	readTimeout  = 30 * time.Second
	writeTimeout = 2 * time.Minute
	idleTimeout  = 2 * time.Minute
	graceTime    = 10 * time.Second
)

// loopbackOnly refuses an address that others than this machine can reach.
func loopbackOnly(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usagef("--addr: %w: write 127.0.0.1:8080", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usagef("--addr: %s can be reached from elsewhere, and the demo's keys are public: give an address of this machine, such as 127.0.0.1:8080", addr)
	}
	return nil
}

// listen serves a handler until ctx is done, and then lets requests finish.
func listen(ctx context.Context, addr string, h http.Handler, ready func(net.Addr)) error {
	return listenAs(ctx, addr, &http.Server{Handler: h}, ready)
}

// listenAnonymously is listen without a word about connections, whose addresses
// net/http would name.
func listenAnonymously(ctx context.Context, addr string, h http.Handler, ready func(net.Addr)) error {
	return listenAs(ctx, addr, &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}, ready)
}

func listenAs(ctx context.Context, addr string, s *http.Server, ready func(net.Addr)) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: is another copy running? give another --addr", addr, err)
	}
	s.MaxHeaderBytes, s.ReadHeaderTimeout, s.ReadTimeout = maxHeader, readTimeout, writeTimeout
	s.WriteTimeout, s.IdleTimeout = writeTimeout, idleTimeout
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	ready(l.Addr())
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	if err := s.Shutdown(grace); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// keepUp follows the record beside the server, until ctx is done.
func keepUp(ctx context.Context, c *centre.Centre, log *slog.Logger) (wait func() error) {
	done := make(chan error, 1)
	go func() {
		err := c.Follow(ctx)
		if err != nil {
			log.ErrorContext(ctx, "the picture no longer follows the record", "error", err)
		}
		done <- err
	}()
	return func() error { return <-done }
}

func serveDemo(cmd *cobra.Command, p *player, addr string) error {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	h, err := web.New(web.Options{
		Centre: p.centre, Map: p.base, Log: log, Demo: &web.DemoHooks{MoveTo: p.playTo}, Render: p.render,
	})
	if err != nil {
		return err
	}
	wait := keepUp(ctx, p.centre, log)
	err = listen(ctx, addr, h, func(a net.Addr) {
		fmt.Fprintf(cmd.OutOrStdout(), "Marchday demo: http://%s\n", a)
	})
	cancel()
	return errors.Join(err, wait())
}

func serveCommand(now func() time.Time) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a centre of one's own",
		Long: `Serve the pages, the API and the record's public files of the centre in --data.
Put a proxy with TLS before it when others than this machine reach it.

A policy names the log's key, the witnesses and mirrors with their keys and
addresses, and which of them together make a joint head:

  log <verifier key of the log>
  witness us-1 <verifier key> http://...
  witness ru-1 <verifier key> http://...
  witness us-copy <verifier key> http://...
  group joint all us-1 ru-1
  group mirrors any us-copy
  quorum joint

Witnesses and mirrors are asked beside everything else: one that is silent or
refuses stops neither intake nor pages, and the Record page names it.

Before the first signature the record is held against what witnesses and mirrors
have of it. If it is behind, what is missing is pulled from the mirrors (they
must know the token of --token); if it is of another history, nothing starts. If
none of them answers, --alone starts all the same, which starts.jsonl records.

--anonymous opens a second address for those who do not say who they are: a form
that needs no script, no cookie and no name, with a receipt code, and no log of
who came or when. Put an onion service before it, and nothing that keeps a log.
It needs recipients: see marchday vault.

Whoever controls this process can refuse or delay statements, read what its
readers may read and what is told in confidence from then on; they cannot speak for an office nor change the record unseen.`,
		Example: "  marchday serve --data geneva\n  marchday serve --data geneva --addr 127.0.0.1:9000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := openHome(o.data)
			if err != nil {
				return err
			}
			if h.demo() {
				return usagef("--data: %s holds the demo, whose keys are public: it is served by marchday demo --data %s", o.data, o.data)
			}
			if h.Mirror != "" {
				return usagef("--data: %s holds a copy: it is served by marchday mirror --data %s --addr ...", o.data, o.data)
			}
			return serve(cmd, h, o, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder of the centre")
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "address to listen on")
	f.StringVar(&o.anonymous, "anonymous", "", "address of the anonymous door, such as 127.0.0.1:8081 behind an onion service; none is opened without it")
	f.StringVar(&o.policy, "policy", "", "file with a new policy, kept in the folder; without it the folder's own holds")
	f.StringVar(&o.token, "token", "", "file with the token that the mirrors know this centre by")
	f.BoolVar(&o.alone, "alone", false, "start although no witness and no mirror answers")
	f.StringVar(&o.tokens, "mirror-token", "", "file with the mirrors' tokens, one a line; who has one may fetch all entries")
	return cmd
}

// serveOptions are the settings of serve.
type serveOptions struct {
	data, addr, anonymous, policy, tokens, token string
	alone                                        bool
}

// maxTokens bounds the mirrors that may fetch entries.
const maxTokens = 100

// readTokens returns the digests of the tokens in a file, which only its owner
// may read.
func readTokens(file string) ([]truce.Digest, error) {
	if file == "" {
		return nil, nil
	}
	b, err := readSecret(file)
	if err != nil {
		return nil, err
	}
	var out []truce.Digest
	for line := range strings.Lines(string(b)) {
		if t := strings.TrimSpace(line); t != "" {
			if len(t) < minToken {
				return nil, fmt.Errorf("%s: a token of %d characters can be guessed: take at least %d random ones", file, len(t), minToken)
			}
			out = append(out, truce.DigestOf([]byte(t)))
		}
	}
	if len(out) > maxTokens {
		return nil, fmt.Errorf("%s: more than %d tokens", file, maxTokens)
	}
	return out, nil
}

// minToken is how many characters a token has at least.
const minToken = 32

// setPolicy keeps a new policy in the folder.
func (h home) setPolicy(file string) error {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return usagef("--policy: %w", err)
	}
	if _, err := record.ParsePolicy(string(b)); err != nil {
		return usagef("--policy: %s: %w", file, err)
	}
	return os.WriteFile(filepath.Join(h.dir, policyFile), b, 0o600)
}

func serve(cmd *cobra.Command, h home, o serveOptions, now func() time.Time) (err error) {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	log := newLog(cmd)
	files, err := h.files()
	if err != nil {
		return err
	}
	tokens, err := readTokens(o.tokens)
	if err != nil {
		return err
	}
	if err := h.setPolicy(o.policy); err != nil {
		return err
	}
	token, err := readToken(o.token)
	if err != nil {
		return err
	}
	if h.vault, err = h.openVault(ctx, now); err != nil {
		return err
	}
	if h.vault != nil {
		defer func() { err = errors.Join(err, h.vault.Close()) }()
	}
	c, err := h.openHeld(ctx, now, held{newCaller(token), log, o.alone})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.CatchUp(ctx); err != nil {
		return err
	}
	base, err := mapOf(files)
	if err != nil {
		return err
	}
	ground, err := groundOf(files)
	if err != nil {
		return err
	}
	accounts, err := web.OpenAccounts(ctx, h.dir, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, accounts.Close()) }()
	handler, err := web.New(web.Options{Centre: c, Map: base, Accounts: accounts, Log: log, Mirrors: tokens, Render: renderer(ground)})
	if err != nil {
		return err
	}
	anonymous, err := o.anonymously(ctx, cmd.OutOrStdout(), web.Options{Centre: c, Map: base, Log: log})
	if err != nil {
		return err
	}
	wait, peers, tended := keepUp(ctx, c, log), h.heed(ctx, c, log), tend(ctx, c, log)
	err = listen(ctx, o.addr, handler, func(a net.Addr) {
		fmt.Fprintf(cmd.OutOrStdout(), "Marchday: http://%s\n", a)
	})
	cancel()
	tended()
	return errors.Join(err, wait(), peers(), anonymous())
}

// anonymously opens the door for those who do not say who they are, on an
// address of its own, where one was named.
func (o serveOptions) anonymously(ctx context.Context, out io.Writer, w web.Options) (wait func() error, err error) {
	if o.anonymous == "" {
		return func() error { return nil }, nil
	}
	h, err := web.NewAnonymous(w)
	if err != nil {
		return nil, usagef("--anonymous: nobody could open what is told: name recipients first, with marchday vault recipients")
	}
	done, ready := make(chan error, 1), make(chan struct{})
	go func() {
		done <- listenAnonymously(ctx, o.anonymous, h, func(a net.Addr) {
			fmt.Fprintf(out, "anonymous: http://%s\n", a)
			close(ready)
		})
	}()
	select {
	case <-ready:
		return func() error { return <-done }, nil
	case err := <-done:
		return nil, err
	}
}

// heed asks witnesses and mirrors beside the server, until ctx is done.
func (h home) heed(ctx context.Context, c *centre.Centre, log *slog.Logger) (wait func() error) {
	done := make(chan error, 1)
	go func() {
		done <- c.Heed(ctx, newCaller(""), func(ours, theirs []byte) {
			h.alarm(ctx, log, dispute{ours, theirs, c.Record().Tile, nil})
		})
	}()
	return func() error { return <-done }
}

func newLog(cmd *cobra.Command) *slog.Logger {
	if f, ok := cmd.ErrOrStderr().(*os.File); ok && isTerminal(f) {
		return slog.New(slog.NewTextHandler(f, nil))
	}
	return slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
