package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// keptWords names, in a method, the file in which a record keeps the
// dictionaries that lie over those of the binary.
const keptWords = "dictionary-files"

// packWords writes folders of dictionaries as one file: a JSON list, in the
// order in which they lie over each other, of file names with their text. The
// same folders give the same bytes.
func packWords(folders []fs.FS) ([]byte, error) {
	layers := []map[string]string{}
	for _, dir := range folders {
		files := map[string]string{}
		err := fs.WalkDir(dir, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".tsv") && !strings.HasSuffix(name, ".txt") {
				return err
			}
			b, err := fs.ReadFile(dir, name)
			files[name] = string(b)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("keep the dictionaries: %w", err)
		}
		layers = append(layers, files)
	}
	return json.Marshal(layers)
}

// unpackWords reads what packWords wrote.
func unpackWords(b []byte) ([]fs.FS, error) {
	var layers []map[string]string
	if err := json.Unmarshal(b, &layers); err != nil {
		return nil, fmt.Errorf("not dictionaries as a record keeps them (marchday dict export): %w", err)
	}
	var out []fs.FS
	for _, files := range layers {
		dir := fstest.MapFS{}
		for name, text := range files {
			if !fs.ValidPath(name) {
				return nil, fmt.Errorf("%q is no name of a file", name)
			}
			dir[name] = &fstest.MapFile{Data: []byte(text)}
		}
		out = append(out, dir)
	}
	return out, nil
}

// keepWords keeps the dictionaries that a centre reads with beside its record.
func (e engines) keepWords(ctx context.Context, c *centre.Centre) error {
	if _, err := c.Record().Blob(ctx, truce.DigestOf(e.words)); err == nil {
		return nil
	}
	_, err := c.Record().PutBlob(ctx, record.Kept, e.words)
	return err
}

// dictExport gives the dictionaries back that a record's method names.
func dictExport(now func() time.Time) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Give back the dictionaries that a record's method names, as the record keeps them",
		Long: "Prints the file that the record of a centre or mirror keeps: all dictionaries laid over those of\n" +
			"the binary. marchday extract --dict FILE reads with these and no others.",
		Example: "  marchday dict export --data geneva > words.json\n  marchday extract --data geneva --dict words.json report.txt",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReader(cmd.Context(), data, now, func(c *centre.Centre, m truce.Method) error {
				b, err := wordsOf(cmd.Context(), c, m)
				if err == nil {
					_, err = cmd.OutOrStdout().Write(b)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "folder of the centre or mirror")
	return cmd
}

// dictMethod prints the method that a centre's folder amounts to.
func dictMethod(now func() time.Time) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "method",
		Short: "Print the method that names a centre's engines and dictionaries as they are, to be signed",
		Long: "After a change of release, dictionaries, places or model: prints the body of the method statement\n" +
			"that names them. It is in force once a co-chair has signed it and every other has concurred.\n" +
			"marchday doctor says in what the folder differs from the method in force.",
		Example: "  marchday dict method --data geneva > method.json\n  marchday sign --kind method ... method.json | marchday submit --data geneva -",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReader(cmd.Context(), data, now, func(c *centre.Centre, _ truce.Method) error {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(c.Method())
			})
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "folder of the centre")
	return cmd
}

// withReader opens a folder to read, and hands on its method in force.
func withReader(ctx context.Context, data string, now func() time.Time, do func(*centre.Centre, truce.Method) error) (err error) {
	h, err := openHome(data)
	if err != nil {
		return err
	}
	c, err := h.open(ctx, now, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	book, err := bookOf(ctx, c.Record())
	if err != nil {
		return err
	}
	return do(c, book.Method())
}

// wordsOf finds the dictionaries that a method names in the record's files.
func wordsOf(ctx context.Context, c *centre.Centre, m truce.Method) ([]byte, error) {
	for _, e := range m.Engines {
		for _, in := range e.Inputs {
			if in.Name != keptWords {
				continue
			}
			b, err := c.Record().Blob(ctx, in.Digest)
			if errors.Is(err, record.ErrNotFound) {
				return nil, fmt.Errorf("the file %s is not here: mirror the centre again, or ask it for blobs/kept/%s/%s", in.Digest, in.Digest.String()[:2], in.Digest)
			}
			return b, err
		}
	}
	return nil, errors.New("the method in force names no " + keptWords + ": it was signed before records kept them")
}

// readWords reads a file of dictionaries that a record kept.
func readWords(file string) ([]fs.FS, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	words, err := unpackWords(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return words, nil
}
