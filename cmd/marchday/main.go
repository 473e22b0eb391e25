// Command marchday runs a joint ceasefire-monitoring centre: it serves the
// pages, takes statements in, keeps the record and proves it. It is the roof
// of the house: flags, keys, the clock and signals live here and nowhere else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// The exit codes of every command.
const (
	exitFine  = 0
	exitWrong = 1 // something was found wrong
	exitUsage = 2 // the command was not used as it should be
)

func main() {
	collectLess()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, time.Now)
	stop()
	os.Exit(code)
}

// collectLess lets the heap grow to three times what lives before it is
// collected, unless GOGC says otherwise: a fold makes much that is soon dropped,
// and a centre's machine has the memory.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// usageError says that a command was not used as it should be.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer, now func() time.Time) int {
	root := newRoot(now)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		fmt.Fprintf(errs, "marchday: %v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(errs, "marchday: %v\n", err)
		return exitWrong
	}
}

func newRoot(now func() time.Time) *cobra.Command {
	root := &cobra.Command{
		Use:           "marchday",
		Short:         "The software of a joint ceasefire-monitoring centre",
		Long:          "Marchday is the software of a joint ceasefire-monitoring centre: guarantors that distrust\none another, a mediator between them, and the people on the ground who report.\n\nBegin with: marchday demo",
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("%q is no command: see marchday --help", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		demoCommand(now),
		initCommand(now),
		serveCommand(now),
		accountCommand(now),
		importCommand(now),
		keygenCommand(),
		signCommand(now),
		submitCommand(now),
		benchCommand(now),
		reportCommand(now),
		closeCommand(now),
		replayCommand(now),
		assessCommand(now),
		regimeCommand(now),
		scenarioCommand(),
		linkCommand(now),
		exportCommand(now),
		verifyCommand(),
		witnessCommand(now),
		mirrorCommand(now),
		notesCommand(now),
		restoreCommand(now),
		migrateCommand(now),
		doctorCommand(now),
		fieldCommand(now),
		vaultCommand(now),
		proofCommand(),
		extractCommand(),
		geocodeCommand(),
		dictCommand(now),
	)
	return root
}
