package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// genReportsCommand is the command "bench gen-reports".
func genReportsCommand() *cobra.Command {
	var n int
	var seed uint64
	var scenario, out, truth string
	c := &cobra.Command{
		Use:     "gen-reports --n N --seed S",
		Short:   "make the reports of a synthetic truce whose truth is known",
		Example: "  marchday bench gen-reports --scenario ordinary --n 20000 --seed 42 --out r.jsonl --truth t.csv\n  marchday bench gen-reports --n 1000 | marchday link --csv",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			reports, err := synthesize(scenario, n, seed)
			if err != nil {
				return err
			}
			w, closeOut, err := create(out, c.OutOrStdout())
			if err != nil {
				return err
			}
			defer closeOut()
			if truth == "" {
				return writeReports(reports, w, nil)
			}
			t, closeTruth, err := create(truth, nil)
			if err != nil {
				return err
			}
			defer closeTruth()
			return writeReports(reports, w, t)
		},
	}
	f := c.Flags()
	f.IntVar(&n, "n", 20_000, "number of reports, at most 10 million")
	f.Uint64Var(&seed, "seed", 1, "seed; odd ones are for tuning, even ones are held out")
	f.StringVar(&scenario, "scenario", "plain", "plain, ordinary or worst")
	f.StringVar(&out, "out", "-", "where the reports go; - is stdout")
	f.StringVar(&truth, "truth", "", "where report_id,incident_id goes")
	return c
}

func create(name string, std io.Writer) (io.Writer, func() error, error) {
	if name == "-" {
		return std, func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, fmt.Errorf("create: %w", err)
	}
	return f, f.Close, nil
}
