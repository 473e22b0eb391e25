package main

import "github.com/spf13/cobra"

// scenarioCommand plays plain-text scenarios: see docs/scenario.md.
func scenarioCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "scenario FILE_OR_FOLDER...",
		Short: "Play plain-text scenarios: say statements, expect verdicts, findings, figures, refusals",
		Example: "  marchday scenario testdata/scenarios\n" +
			"  marchday scenario my.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a scenario file, or a folder of .txt files: see docs/scenario.md")
			}
			return playAll(args, cmd.OutOrStdout())
		},
	}
}
