package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func closeCommand(now func() time.Time) *cobra.Command {
	var data, day, erratum string
	cmd := &cobra.Command{
		Use:   "close",
		Short: "Close a counting day, or publish an erratum to one",
		Long: `Close a counting day whose cut-off has passed: the public editions are rendered
from the record, kept for ever, and their digests are appended as a bulletin. A
day that was closed is not closed again.

With --erratum the day is rendered anew from what the record says by now, and the
new bulletin names the one that it corrects, and why. The old editions stay as
they were published. Nothing else may have the folder open.`,
		Example: "  marchday close --data centre --day 2016-05-05\n  marchday close --data centre --day 2016-05-05 --erratum 'a source was counted twice'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if data == "" || day == "" {
				return usagef("say which day of which centre: --data DIR --day 2016-05-05")
			}
			h, err := openHome(data)
			if err != nil {
				return err
			}
			files, err := h.files()
			if err != nil {
				return err
			}
			ground, err := groundOf(files)
			if err != nil {
				return err
			}
			c, err := h.open(cmd.Context(), h.clock(now), false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, c.Close()) }()
			if cmd.Flags().Changed("erratum") {
				r, err := c.CorrectDay(cmd.Context(), day, erratum, renderer(ground))
				if err == nil {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: erratum, S %d\n", day, r.Index)
				}
				return err
			}
			r, err := c.CloseDay(cmd.Context(), day, renderer(ground))
			if err == nil {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: closed, S %d\n", day, r.Index)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre")
	f.StringVar(&day, "day", "", "the counting day: 2016-05-05")
	f.StringVar(&erratum, "erratum", "", "what was wrong with the day's published bulletin")
	return cmd
}
