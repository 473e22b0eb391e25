package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/web"
)

// accountOptions are the flags of the account commands. A password is none of
// them: flags are seen by every user of the machine and kept by shells.
type accountOptions struct {
	data, office, file string
	label, may         string
	days               int
	json               bool
}

func accountCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Who may log in to a centre",
		Long: `Accounts are people of an office. They read what their office may read and file
for its desk; they bind nobody. They are kept in accounts.db in the data folder,
which is no part of the record.

Passwords are read from standard input, or from a file that only you can read.

Whoever has an account's password reads what its office may read and files
reports for its desk until it is closed; they cannot decide anything in the
office's name. Whoever can write accounts.db can make accounts.`,
		Example: "  marchday account add amal --office us --data geneva < password\n  marchday account list --data geneva",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var o accountOptions
	cmd.PersistentFlags().StringVar(&o.data, "data", "", "folder of the centre")
	act := func(use, short string, args int, do func(*cobra.Command, *web.Accounts, []string) error) *cobra.Command {
		c := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(args), RunE: func(cmd *cobra.Command, args []string) (err error) {
			a, err := openAccounts(cmd.Context(), o.data, now)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			return do(cmd, a, args)
		}}
		cmd.AddCommand(c)
		return c
	}
	add := act("add NAME", "Make an account of an office", 1, func(cmd *cobra.Command, a *web.Accounts, args []string) error {
		return addAccount(cmd, a, args[0], o)
	})
	add.Flags().StringVar(&o.office, "office", "", "office that the person is of")
	password := act("password NAME", "Give an account another password, and end its sessions", 1, func(cmd *cobra.Command, a *web.Accounts, args []string) error {
		word, err := readPassword(cmd, o.file)
		if err != nil {
			return err
		}
		return a.SetPassword(cmd.Context(), args[0], word)
	})
	for _, c := range []*cobra.Command{add, password} {
		c.Flags().StringVar(&o.file, "password-file", "-", "file whose first line is the password, - for standard input")
	}
	act("disable NAME", "End an account with its sessions and tokens", 1, func(cmd *cobra.Command, a *web.Accounts, args []string) error {
		return a.Disable(cmd.Context(), args[0])
	})
	list := act("list", "List the accounts", 0, func(cmd *cobra.Command, a *web.Accounts, _ []string) error {
		return listAccounts(cmd, a, o.json)
	})
	list.Flags().BoolVar(&o.json, "json", false, "print JSON")
	token := act("token NAME", "Make a token for the API, and print it this once", 1, func(cmd *cobra.Command, a *web.Accounts, args []string) error {
		secret, err := a.Token(cmd.Context(), args[0], o.label, web.May(o.may), time.Duration(o.days)*24*time.Hour)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), secret)
		return err
	})
	token.Flags().StringVar(&o.label, "label", "", "what it is for")
	token.Flags().StringVar(&o.may, "may", string(web.MayRead), "read; or say: also file what its desk may")
	token.Flags().IntVar(&o.days, "days", 90, "how long it is good, 366 days at most")
	return cmd
}

func openAccounts(ctx context.Context, data string, now func() time.Time) (*web.Accounts, error) {
	h, err := openHome(data)
	if err != nil {
		return nil, err
	}
	if h.demo() {
		return nil, usagef("--data: %s holds the demo, where whoever comes acts as any office: it has no accounts", data)
	}
	return web.OpenAccounts(ctx, h.dir, now)
}

func addAccount(cmd *cobra.Command, a *web.Accounts, name string, o accountOptions) error {
	h, err := openHome(o.data)
	if err != nil {
		return err
	}
	files, err := h.files()
	if err != nil {
		return err
	}
	f, _, err := founding(files)
	if err != nil {
		return err
	}
	var known []string
	for _, x := range f.Offices {
		known = append(known, string(x.ID))
		if x.ID != truce.OfficeID(o.office) {
			continue
		}
		word, err := readPassword(cmd, o.file)
		if err != nil {
			return err
		}
		return a.Add(cmd.Context(), name, x.ID, word)
	}
	return usagef("--office: %q is no office of this centre: use one of %s", o.office, strings.Join(known, ", "))
}

// readPassword reads the first line of a file.
func readPassword(cmd *cobra.Command, file string) (string, error) {
	b, err := readAll(cmd.InOrStdin(), file)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

func listAccounts(cmd *cobra.Command, a *web.Accounts, asJSON bool) error {
	all, err := a.List(cmd.Context())
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	for _, x := range all {
		if asJSON {
			err = json.NewEncoder(out).Encode(map[string]any{"name": x.Name, "office": x.Office, "disabled": x.Disabled, "made": x.Made})
		} else {
			state := "good"
			if x.Disabled {
				state = "disabled"
			}
			_, err = fmt.Fprintf(out, "%-24s %-16s %-8s since %s\n", x.Name, x.Office, state, x.Made.Format(time.DateOnly))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
