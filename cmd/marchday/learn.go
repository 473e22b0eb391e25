package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/extract"
)

// dictLearn counts weights on texts that people annotated.
func dictLearn() *cobra.Command {
	var o textOptions
	var in, out string
	cmd := &cobra.Command{
		Use:   "learn",
		Short: "Learn from annotated texts which words tell a type of event and who fills its roles",
		Long: "Reads texts with the templates that people filled from them, a JSON text a line:\n" +
			`  {"text": "...", "templates": [{"type": "bombing", "roles": {"Victim": [["ana brisk", "the mayor"]]}}]}` + "\n" +
			"(by role the entities, each with its wordings; types and roles are yours) and writes what it counted\n" +
			"as plain lines into fillers.tsv in the language's folder under --out. marchday extract --templates --dict\n" +
			"reads them.",
		Example: "  marchday dict learn --in annotated.jsonl --out my-words\n  marchday extract --templates --dict my-words report.txt",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if in == "" || out == "" {
				return usagef("name the annotated texts with --in and the folder of the dictionary with --out")
			}
			return o.learn(in, out, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	o.flags(cmd, true)
	cmd.Flags().StringVar(&in, "in", "", "annotated texts, a JSON text a line; - for standard input")
	cmd.Flags().StringVar(&out, "out", "", "folder of the dictionary that is written")
	return cmd
}

func (o textOptions) learn(in, out string, stdin io.Reader, said io.Writer) error {
	from, done, err := openText(in, stdin)
	if err != nil {
		return err
	}
	texts, err := readAnnotated(in, from)
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	e, err := o.engine()
	if err != nil {
		return err
	}
	lang, lines, err := e.Learn(texts)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	name := filepath.Join(out, lang, "fillers.tsv")
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(name, lines, 0o640); err != nil {
		return err
	}
	_, err = fmt.Fprintf(said, "%d lines from %d texts: %s\n", bytes.Count(lines, []byte("\n"))-1, len(texts), name)
	return err
}

// readAnnotated reads annotated texts, a JSON text a line.
func readAnnotated(name string, from io.Reader) ([]extract.Annotated, error) {
	var texts []extract.Annotated
	s := bufio.NewScanner(from)
	s.Buffer(nil, maxTextBytes)
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var t extract.Annotated
		if err := json.Unmarshal(s.Bytes(), &t); err != nil {
			return nil, fmt.Errorf("%s:%d: not an annotated text: %w", name, n, err)
		}
		texts = append(texts, t)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return texts, nil
}

// templateLine is the templates of one text as they are printed.
type templateLine struct {
	DocID     string             `json:"doc_id"`
	TextFile  string             `json:"text_file"`
	Templates []extract.Template `json:"templates"`
}

// templatesOf returns the templates of a text as they are printed.
func templatesOf(e *extract.Engine, j *job) templateLine {
	t := templateLine{j.doc.ID, j.file, e.Templates(j.doc)}
	if t.Templates == nil {
		j.err = noticed{j.file + ": no dictionary has weights for its language: learn them with marchday dict learn, and name them with --dict"}
		t.Templates = []extract.Template{}
	}
	return t
}
