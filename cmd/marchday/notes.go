package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/web"
)

// notesCommand is an office's private notes, on its own mirror.
func notesCommand(now func() time.Time) *cobra.Command {
	var data, about string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "notes",
		Short: "Write down, list and erase private notes on an office's own mirror",
		Long: `List the notes that an office keeps for itself beside incidents and entries. They
live in notes.db in the folder of its mirror and nowhere else: no record, export,
bundle, tile or copy has them, and the centre never sees one. The pages of
marchday mirror --as OFFICE show and take them too.

Whoever holds the folder reads the notes, and can change or invent them: they are
signed by nobody and prove nothing. They cannot reach the record through them.`,
		Example: "  marchday notes --data us-copy\n  marchday notes add --data us-copy --about S1042@132 'ask about the second crater'\n  marchday notes erase --data us-copy 7",
		Args:    cobra.NoArgs,
		RunE: withNotes(&data, now, func(cmd *cobra.Command, _ []string, n *web.Notes) error {
			var names []string
			if about != "" {
				names = []string{about}
			}
			all, err := n.List(cmd.Context(), names...)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.ErrOrStderr(), truce.TLPAmberStrict)
			for _, x := range all {
				if asJSON {
					err = json.NewEncoder(cmd.OutOrStdout()).Encode(x)
				} else {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d  %s  %s  %s\n", x.ID, x.At, x.About, x.Text)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}),
	}
	add := &cobra.Command{
		Use: "add TEXT...", Short: "Write a note down", Args: cobra.MinimumNArgs(1),
		RunE: withNotes(&data, now, func(cmd *cobra.Command, args []string, n *web.Notes) error {
			x, err := n.Add(cmd.Context(), about, strings.Join(args, " "), "")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "note %d\n", x.ID)
			return err
		}),
	}
	erase := &cobra.Command{
		Use: "erase NUMBER", Short: "Erase a note", Args: cobra.ExactArgs(1),
		RunE: withNotes(&data, now, func(cmd *cobra.Command, args []string, n *web.Notes) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usagef("%q is no number of a note", args[0])
			}
			return n.Erase(cmd.Context(), id)
		}),
	}
	cmd.PersistentFlags().StringVar(&data, "data", "", "folder of the mirror")
	cmd.PersistentFlags().StringVar(&about, "about", "", "an entry, S1042, or an incident, S1042@132")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.AddCommand(add, erase)
	return cmd
}

// withNotes gives a command the notes of a mirror, and refuses any other folder.
func withNotes(data *string, now func() time.Time, f func(*cobra.Command, []string, *web.Notes) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		if *data == "" {
			return usagef("--data is needed")
		}
		h, err := openHome(*data)
		if err != nil {
			return err
		}
		if h.Mirror == "" {
			return usagef("--data: %s is the centre itself: private notes live on an office's own mirror", *data)
		}
		n, err := web.OpenNotes(cmd.Context(), *data, now)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, n.Close()) }()
		return f(cmd, args, n)
	}
}
