package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// reportOptions are the flags of report daily. Nothing in them can change the
// record; --chromium names a program that is run.
type reportOptions struct {
	data, date, lang, format, out string
	audience                      string
	edition                       int
	recompute                     bool
	chromium                      string
	noSandbox                     bool
}

func reportCommand(now func() time.Time) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{Use: "report", Short: "Print a bulletin", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		return usagef("say which: marchday report daily --date 2016-05-05 --data DIR")
	}}
	daily := &cobra.Command{
		Use:   "daily",
		Short: "Print the bulletin of a day",
		Long: `Print the bulletin of a counting day. A day that was closed is printed as it was
published, byte for byte; with --recompute it is made anew from the record and
compared with what was published (exit code 1 if they differ). A day that is
not closed, or another audience than the public, is made from the picture as it
stands. A PDF is printed by Chromium from the HTML edition; it is never digested.`,
		Example: "  marchday report daily --date 2016-05-05 --lang ar --data demo > bulletin.html\n" +
			"  marchday report daily --date 2016-05-05 --format pdf --out bulletin.pdf --data demo\n" +
			"  marchday report daily --date 2016-05-05 --recompute --data demo",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return reportDaily(cmd, &o, now) },
	}
	f := daily.Flags()
	f.StringVar(&o.data, "data", "", "folder of the centre")
	f.StringVar(&o.date, "date", "", "the counting day, as 2016-05-05")
	f.StringVar(&o.lang, "lang", "en", "language of the page: "+strings.Join(bulletin.Langs(), ", "))
	f.StringVar(&o.format, "format", "html", "html, json, csv, incidents.csv, geojson or pdf")
	f.StringVar(&o.out, "out", "", "file to write; standard output if not given")
	f.StringVar(&o.audience, "audience", string(truce.Clear), "clear (the public), green (the offices) or amber (the co-chairs)")
	f.IntVar(&o.edition, "edition", 0, "which edition of the day; 0 is the newest")
	f.BoolVar(&o.recompute, "recompute", false, "make the published editions anew and compare them")
	f.StringVar(&o.chromium, "chromium", os.Getenv("MARCHDAY_CHROMIUM"), "the Chromium that prints PDF; else it is looked for in PATH")
	f.BoolVar(&o.noSandbox, "chromium-no-sandbox", false, "run Chromium without its sandbox, for containers and root alone")
	cmd.AddCommand(daily)
	return cmd
}

func (o *reportOptions) check() error {
	formats := []string{"html", "json", "csv", "incidents.csv", "geojson", "pdf"}
	switch {
	case o.date == "":
		return usagef("--date: say which day, as 2016-05-05")
	case !slices.Contains(formats, o.format):
		return usagef("--format: %q: write %s", o.format, strings.Join(formats, ", "))
	case !slices.Contains(bulletin.Langs(), o.lang):
		return usagef("--lang: there are no words in %q: write %s", o.lang, strings.Join(bulletin.Langs(), " or "))
	case !slices.Contains([]truce.Marking{truce.Clear, truce.Green, truce.Amber}, truce.Marking(o.audience)):
		return usagef("--audience: %q: write clear, green or amber", o.audience)
	case o.edition < 0:
		return usagef("--edition: %d: editions are counted from 1", o.edition)
	case o.audience != string(truce.Clear) && (o.edition > 0 || o.recompute):
		return usagef("--audience: only what the public may read is published: leave --edition and --recompute out")
	}
	return nil
}

func reportDaily(cmd *cobra.Command, o *reportOptions, now func() time.Time) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	h, err := openHome(o.data)
	if err != nil {
		return err
	}
	files, err := h.files()
	if err != nil {
		return err
	}
	base, err := groundOf(files)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	c, err := h.open(ctx, now, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.CatchUp(ctx); err != nil {
		return err
	}
	published, err := publishedOn(ctx, c, o.date, o.edition)
	if err != nil {
		return err
	}
	switch {
	case o.recompute:
		return recompute(cmd, c, published, base)
	case published != nil && o.audience == string(truce.Clear):
		return o.print(cmd, func(format, lang string) ([]byte, error) { return stored(ctx, c, published, format, lang) })
	}
	made, err := fresh(ctx, c, o, base)
	if err != nil {
		return err
	}
	return o.print(cmd, func(format, lang string) ([]byte, error) {
		for _, e := range made {
			if e.Format == format && (e.Lang == lang || e.Lang == "") {
				return e.Bytes, nil
			}
		}
		return nil, fmt.Errorf("no edition as %s", format)
	})
}

// publishedOn returns what was published of a day, nil if it was not closed.
// An edition that there is none of is an error.
func publishedOn(ctx context.Context, c *centre.Centre, day string, edition int) (*truce.Bulletin, error) {
	const maxBulletins = 20_000
	all, err := c.View(truce.Viewer{}).Statements(ctx, picture.StatementFilter{Kinds: []truce.Kind{"bulletin"}, Standing: true, Oldest: true, Limit: maxBulletins})
	if err != nil {
		return nil, err
	}
	var found []*truce.Bulletin
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		if b, ok := body.(*truce.Bulletin); ok && b.Day == day {
			found = append(found, b)
		}
	}
	switch {
	case edition > len(found):
		return nil, fmt.Errorf("--edition: %s has %d editions", day, len(found))
	case edition > 0:
		return found[edition-1], nil
	case len(found) > 0:
		return found[len(found)-1], nil
	}
	return nil, nil
}

// stored reads an edition as it was published, and checks its digest.
func stored(ctx context.Context, c *centre.Centre, b *truce.Bulletin, format, lang string) ([]byte, error) {
	for _, e := range b.Editions {
		if e.Format != format || e.Lang != "" && e.Lang != lang {
			continue
		}
		doc, err := c.Record().Blob(ctx, e.Digest)
		if err != nil {
			return nil, fmt.Errorf("edition %s of %s: %w", format, b.Day, err)
		}
		if truce.DigestOf(doc) != e.Digest {
			return nil, fmt.Errorf("edition %s of %s is not what was published: fetch %s from another copy of the centre", format, b.Day, e.Digest)
		}
		return doc, nil
	}
	return nil, fmt.Errorf("%s was published without an edition as %s in %s", b.Day, format, lang)
}

// fresh makes the editions from the picture as it stands: for a day that is
// not over they are flash.
func fresh(ctx context.Context, c *centre.Centre, o *reportOptions, base bulletin.Ground) ([]bulletin.Edition, error) {
	house, err := c.View(truce.Viewer{}).House(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := bulletin.Period(house.Procedure, o.date)
	if err != nil {
		return nil, err
	}
	at, err := c.Picture().Position(ctx)
	if err != nil {
		return nil, err
	}
	viewer := map[string]truce.Viewer{string(truce.Green): {Role: truce.Monitor}, string(truce.Amber): {Role: truce.Centre}}[o.audience]
	sort := bulletin.Preliminary
	if c.Now() < to {
		sort = bulletin.Flash
	}
	return bulletin.Editions(ctx, bulletin.Input{
		View: c.Picture().View(viewer, at.Size, to), Day: o.date, From: from, To: to, Origin: house.Origin, Size: at.Size, Root: at.Root, Sort: sort, Base: base,
	})
}

// recompute makes the published editions anew, from a picture of as many
// entries as they were made from, and says of each whether it is the same.
func recompute(cmd *cobra.Command, c *centre.Centre, b *truce.Bulletin, base bulletin.Ground) (err error) {
	if b == nil {
		return usagef("--recompute: this day was not closed, so nothing was published of it")
	}
	ctx := cmd.Context()
	dir, err := os.MkdirTemp("", "marchday-report-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := picture.Open(ctx, filepath.Join(dir, "picture.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	at, err := c.Replay(ctx, p, b.Size, centre.MaxBatch)
	if err != nil {
		return err
	}
	if at.Root != b.Root {
		return fmt.Errorf("the record's first %d entries have root %s, the bulletin says %s: this is not the record that it was made from", b.Size, at.Root, b.Root)
	}
	house, err := p.View(truce.Viewer{}, b.Size, b.To).House(ctx)
	if err != nil {
		return err
	}
	made, err := bulletin.Editions(ctx, bulletin.Input{
		View: p.View(truce.Viewer{}, b.Size, b.To), Day: b.Day, From: b.From, To: b.To, Origin: house.Origin, Size: b.Size, Root: b.Root, Sort: b.Sort, Base: base,
	})
	if err != nil {
		return err
	}
	return compareEditions(cmd.OutOrStdout(), b, made)
}

func compareEditions(out io.Writer, b *truce.Bulletin, made []bulletin.Edition) error {
	differ := 0
	for _, e := range b.Editions {
		verdict := "missing"
		for _, m := range made {
			if m.Format != e.Format || m.Lang != e.Lang {
				continue
			}
			if verdict = "equal"; m.Digest() != e.Digest {
				verdict = "differs"
			}
		}
		if verdict != "equal" {
			differ++
		}
		if _, err := fmt.Fprintf(out, "%s %s %s\n", verdict, e.Digest, bulletin.Edition{Format: e.Format, Lang: e.Lang}.Name(b.Day)); err != nil {
			return err
		}
	}
	if differ > 0 {
		return fmt.Errorf("%d of %d editions of %s are not what this release makes of the record: see which release its method names", differ, len(b.Editions), b.Day)
	}
	return nil
}

// print writes the asked edition, as PDF through Chromium.
func (o *reportOptions) print(cmd *cobra.Command, edition func(format, lang string) ([]byte, error)) error {
	format := o.format
	if format == "pdf" {
		format = "html"
	}
	doc, err := edition(format, o.lang)
	if err != nil {
		return err
	}
	if o.format == "pdf" {
		if doc, err = printPDF(cmd.Context(), doc, o); err != nil {
			return err
		}
		model, err := edition("json", "")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "A PDF is not digested. The JSON edition that it shows: %s\n", truce.DigestOf(model)); err != nil {
			return err
		}
	}
	if o.out == "" {
		_, err := cmd.OutOrStdout().Write(doc)
		return err
	}
	return os.WriteFile(o.out, doc, 0o644) //nolint:gosec // a bulletin is made to be read
}

const maxPrintTime = 60 * time.Second

// printPDF prints an HTML edition with Chromium, in a profile of its own and
// without any network.
func printPDF(ctx context.Context, page []byte, o *reportOptions) (pdf []byte, err error) {
	program, err := findChromium(o.chromium)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "marchday-pdf-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in, out := filepath.Join(dir, "r.html"), filepath.Join(dir, "r.pdf")
	if err := os.WriteFile(in, page, 0o600); err != nil {
		return nil, err
	}
	args := []string{
		"--headless", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run", "--no-pdf-header-footer",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + filepath.Join(dir, "profile"), "--print-to-pdf=" + out,
	}
	if o.noSandbox {
		args = append(args, "--no-sandbox")
	}
	ctx, cancel := context.WithTimeout(ctx, maxPrintTime)
	defer cancel()
	var said bytes.Buffer
	run := exec.CommandContext(ctx, program, append(args, "file://"+filepath.ToSlash(in))...) //nolint:gosec // the program that the operator named
	run.Stderr = &said
	failed := run.Run()
	if pdf, err = os.ReadFile(out); err == nil && failed == nil {
		return pdf, nil
	}
	words, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
	return nil, fmt.Errorf("print with %s: %w: %s (as root or in a container it needs --chromium-no-sandbox)", program, errors.Join(failed, err), words)
}

func findChromium(named string) (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	if named != "" {
		names = []string{named}
	}
	for _, n := range names {
		if found, err := exec.LookPath(n); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s was not found: install chromium or use --format html", names[0])
}
