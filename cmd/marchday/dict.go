package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
)

// dictCommand looks after dictionaries: files that anyone may write.
func dictCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dict",
		Short: "Test, inspect, learn and give back dictionaries: the files that say how texts are read",
		Long: "A dictionary is a folder of plain files (docs/dictionaries.md). Texts are read with those in\n" +
			"this binary, those of the dossier, and those given, each laid over the ones before.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dictLearn(), dictExport(now), dictMethod(now), dictVerb("test", "Run the tests that stand in the dictionaries", false), dictVerb("lint", "Find what loads and is likely a fault", true))
	return cmd
}

// dictVerb is test or lint: both load, lint also looks for likely faults.
func dictVerb(verb, short string, lint bool) *cobra.Command {
	var o textOptions
	cmd := &cobra.Command{
		Use:     verb + " [DIR]",
		Short:   short,
		Example: "  marchday dict " + verb + " my-words",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.inspect(cmd.OutOrStdout(), args, lint)
		},
	}
	o.flags(cmd, false)
	return cmd
}

// inspect looks at a folder of dictionaries, or without one at those in the
// binary and the dossier.
func (o textOptions) inspect(out io.Writer, dirs []string, lint bool) error {
	places, dicts, err := o.folders()
	if err != nil {
		return err
	}
	g, err := gazetteer.Load(places...)
	if err != nil {
		return fmt.Errorf("load the gazetteer: %w", err)
	}
	from := 0
	for _, dir := range dirs {
		if !isDir(dir) {
			return usagef("%s is no folder: name the one that holds actors.tsv, en/frames.txt and the like", dir)
		}
		dicts = append(dicts, os.DirFS(dir))
		from = len(dicts)
	}
	x, err := extract.Inspect(extract.Options{Dictionaries: dicts, Gazetteer: g}, from)
	if err != nil {
		return err
	}
	for _, f := range x.Failed {
		fmt.Fprintln(out, f)
	}
	if lint {
		for _, f := range x.Findings {
			fmt.Fprintln(out, f)
		}
		fmt.Fprintf(out, "%d findings\n", len(x.Findings))
	}
	fmt.Fprintf(out, "%d tests, %d not met\n", x.Tests, len(x.Failed))
	if len(x.Failed) > 0 || lint && len(x.Findings) > 0 {
		return fmt.Errorf("the dictionaries have faults: mend the lines named above")
	}
	return nil
}
