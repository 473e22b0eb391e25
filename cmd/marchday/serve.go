package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
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
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: is another copy running? give another --addr", addr, err)
	}
	s := &http.Server{
		Handler: h, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: readTimeout, ReadTimeout: writeTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
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
		Centre: p.centre, Map: p.base, Log: log, Demo: &web.DemoHooks{MoveTo: p.playTo},
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
	var data, addr string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a centre of one's own",
		Long: `Serve the pages, the API and the record's public files of the centre in --data.
Put a proxy with TLS before it when others than this machine reach it.

Whoever controls this process can refuse or delay statements and read what its
readers may read; they cannot speak for an office nor change the record unseen.`,
		Example: "  marchday serve --data geneva\n  marchday serve --data geneva --addr 127.0.0.1:9000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := openHome(data)
			if err != nil {
				return err
			}
			if h.demo() {
				return usagef("--data: %s holds the demo, whose keys are public: it is served by marchday demo --data %s", data, data)
			}
			return serve(cmd, h, addr, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre")
	f.StringVar(&addr, "addr", "127.0.0.1:8080", "address to listen on")
	return cmd
}

func serve(cmd *cobra.Command, h home, addr string, now func() time.Time) (err error) {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	log := slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
	if f, ok := cmd.ErrOrStderr().(*os.File); ok && isTerminal(f) {
		log = slog.New(slog.NewTextHandler(f, nil))
	}
	files, err := h.files()
	if err != nil {
		return err
	}
	c, err := h.open(ctx, now, false)
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
	accounts, err := web.OpenAccounts(ctx, h.dir, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, accounts.Close()) }()
	handler, err := web.New(web.Options{Centre: c, Map: base, Accounts: accounts, Log: log})
	if err != nil {
		return err
	}
	wait := keepUp(ctx, c, log)
	err = listen(ctx, addr, handler, func(a net.Addr) {
		fmt.Fprintf(cmd.OutOrStdout(), "Marchday: http://%s\n", a)
	})
	cancel()
	return errors.Join(err, wait())
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
