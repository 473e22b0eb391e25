package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/dossiers"
	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// textOptions are the flags of the commands that read texts or names.
type textOptions struct {
	dossier    string   // name of an embedded dossier whose dictionaries and places are used; "none" for none
	data       string   // a centre's folder: its gazetteer/ and dict/ are added
	dicts      []string // folders of dictionaries, laid over the others in order
	gazetteers []string // folders of places and units
}

func (o *textOptions) flags(cmd *cobra.Command, dicts bool) {
	cmd.Flags().StringVar(&o.dossier, "dossier", "syria-2016", "embedded dossier whose names and places are known; none for none")
	cmd.Flags().StringVar(&o.data, "data", "", "folder of a centre: what was imported there is known too")
	cmd.Flags().StringArrayVar(&o.gazetteers, "gazetteer", nil, "folder of places (*.tsv) and units (*.geojson); may be repeated")
	if dicts {
		cmd.Flags().StringArrayVar(&o.dicts, "dict", nil, "folder of dictionaries laid over the embedded ones, or a file of marchday dict export in place of all folders; may be repeated")
	}
}

// folders returns the folders of places and of dictionaries.
func (o textOptions) folders() (places, dicts []fs.FS, err error) {
	places = []fs.FS{gazetteer.World()}
	if o.dossier != "" && o.dossier != "none" {
		if _, err := fs.Stat(dossiers.FS, o.dossier); err != nil {
			return nil, nil, usagef("there is no dossier %q in this binary: write none, or a name listed by marchday init --help", o.dossier)
		}
		sub, err := fs.Sub(dossiers.FS, o.dossier)
		if err != nil {
			return nil, nil, err
		}
		places = append(places, sub)
		if _, err := fs.Stat(sub, "dict"); err == nil {
			d, err := fs.Sub(sub, "dict")
			if err != nil {
				return nil, nil, err
			}
			dicts = append(dicts, d)
		}
	}
	if o.data != "" {
		if dir := filepath.Join(o.data, "gazetteer"); isDir(dir) {
			o.gazetteers = append([]string{dir}, o.gazetteers...)
		}
		if dir := filepath.Join(o.data, "dict"); isDir(dir) {
			o.dicts = append([]string{dir}, o.dicts...)
		}
	}
	for _, dir := range o.gazetteers {
		if !isDir(dir) {
			return nil, nil, usagef("--gazetteer %s is no folder", dir)
		}
		places = append(places, os.DirFS(dir))
	}
	for _, dir := range o.dicts {
		if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() {
			if dicts, err = readWords(dir); err != nil { // all that a record kept, and nothing before it
				return nil, nil, err
			}
			continue
		}
		if !isDir(dir) {
			return nil, nil, usagef("--dict %s is no folder", dir)
		}
		dicts = append(dicts, os.DirFS(dir))
	}
	return places, dicts, nil
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// engine loads what the flags ask for.
func (o textOptions) engine() (*extract.Engine, error) {
	places, dicts, err := o.folders()
	if err != nil {
		return nil, err
	}
	g, err := gazetteer.Load(places...)
	if err != nil {
		return nil, fmt.Errorf("load the gazetteer: %w", err)
	}
	e, err := extract.New(extract.Options{Dictionaries: dicts, Gazetteer: g})
	if err != nil {
		return nil, fmt.Errorf("load the dictionaries: %w", err)
	}
	return e, nil
}

// extractOptions are the flags of marchday extract.
type extractOptions struct {
	textOptions
	dateline, publisher, lang, taxonomy string
	explain, pretty, templates          bool
}

// extractCommand prints what texts claim: one JSON document a text, in the
// order given.
func extractCommand() *cobra.Command {
	var o extractOptions
	cmd := &cobra.Command{
		Use:   "extract [FILE...]",
		Short: "Turn texts into claims: who says what happened, with the bytes each rests on",
		Long: "Reads texts (files, - for standard input, or *.jsonl with a text a line) and prints one JSON\n" +
			"document a text: its claims, each with its speaker, stance, actors, places, time and toll.\n" +
			"With --taxonomy, labels snippets instead: lines of id<TAB>text, CSV or JSON with id and text.",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"-"}
			}
			return o.run(args, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.flags(cmd, true)
	f := cmd.Flags()
	f.StringVar(&o.dateline, "dateline", "", "day the texts are dated, 2016-05-03, where they do not say it")
	f.StringVar(&o.publisher, "publisher", "", "who publishes them: a name or an id such as media:wire")
	f.StringVar(&o.lang, "lang", "", "language of the texts: en, ar, ru; told from the script if left out")
	f.StringVar(&o.taxonomy, "taxonomy", "", "label snippets instead: acled, acled-30 or plover")
	f.BoolVar(&o.templates, "templates", false, "print templates as learnt by marchday dict learn instead of claims")
	f.BoolVar(&o.explain, "explain", false, "add the rules that filled each claim")
	f.BoolVar(&o.pretty, "pretty", false, "indent the output")
	return cmd
}

// maxTextBytes is the most that one text may hold.
const maxTextBytes = 64 << 20

// run reads the texts, works on all cores and prints in order.
func (o extractOptions) run(files []string, in io.Reader, out, errs io.Writer) error {
	var date truce.Instant
	if o.dateline != "" {
		t, err := time.Parse(time.DateOnly, o.dateline)
		if err != nil {
			return usagef("--dateline %q is no date: write 2016-05-03", o.dateline)
		}
		date = truce.At(t)
	}
	e, err := o.engine()
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	if o.taxonomy != "" {
		if !extract.HasTaxonomy(o.taxonomy) {
			return usagef("--taxonomy %q: write acled, acled-30 or plover", o.taxonomy)
		}
		err = o.label(e, files, in, w)
	} else {
		err = o.documents(e, date, files, in, w, errs)
	}
	return errors.Join(err, w.Flush())
}

// job is one text on its way; done carries its line.
type job struct {
	doc  extract.Doc
	file string
	err  error
	done chan []byte
}

// documents prints a document a text.
func (o extractOptions) documents(e *extract.Engine, date truce.Instant, files []string, in io.Reader, out io.Writer, errs io.Writer) error {
	jobs := inOrder(func(put func(*job)) { o.texts(date, files, in, put) }, func(j *job) []byte {
		var d extract.Document
		var b []byte
		var err error
		if o.templates {
			b, err = json.Marshal(templatesOf(e, j))
		} else {
			d = e.Document(j.doc, j.file, o.explain)
			b, err = json.Marshal(d)
		}
		if err != nil {
			j.err = err
		}
		if o.pretty {
			var p bytes.Buffer
			if json.Indent(&p, b, "", "  ") == nil {
				b = p.Bytes()
			}
		}
		if d.Notice != "" {
			j.err = noticed{fmt.Sprintf("%s: %s", j.file, d.Notice)}
		}
		return append(b, '\n')
	})
	var failed error
	for j := range jobs { // to the end, so that nobody is left waiting
		line := <-j.done
		var n noticed
		if errors.As(j.err, &n) {
			fmt.Fprintln(errs, "marchday: "+n.text)
		} else if failed == nil {
			failed = j.err
		}
		if failed == nil {
			_, failed = out.Write(line)
		}
	}
	return failed
}

// noticed is a warning that stops nothing.
type noticed struct{ text string }

func (n noticed) Error() string { return n.text }

// inOrder runs work on all cores and yields the jobs in the order they were
// put. The goroutines end when all jobs are taken.
func inOrder(source func(put func(*job)), work func(*job) []byte) <-chan *job {
	n := runtime.GOMAXPROCS(0)
	queue, ordered := make(chan *job, n), make(chan *job, 4*n)
	for range n {
		go func() {
			for j := range queue {
				if j.err != nil {
					j.done <- nil
					continue
				}
				j.done <- work(j)
			}
		}()
	}
	go func() {
		source(func(j *job) {
			j.done = make(chan []byte, 1)
			ordered <- j
			queue <- j
		})
		close(queue)
		close(ordered)
	}()
	return ordered
}

// texts puts one job for every file, and for every line of a .jsonl file or of
// JSON lines on standard input.
func (o extractOptions) texts(date truce.Instant, files []string, in io.Reader, put func(*job)) {
	for _, name := range files {
		if name == "-" {
			buffered := bufio.NewReaderSize(in, 1<<16)
			if first, _ := buffered.Peek(1); len(first) > 0 && first[0] == '{' {
				o.lines(date, name, buffered, put)
				continue
			}
			in = buffered
		}
		if strings.HasSuffix(name, ".jsonl") {
			f, err := os.Open(name)
			if err != nil {
				put(&job{file: name, err: usageError{err}})
				continue
			}
			o.lines(date, name, f, put)
			_ = f.Close() // it was only read
			continue
		}
		j := &job{file: filepath.Base(name), doc: extract.Doc{Lang: o.lang, Date: date, Publisher: o.publisher}}
		b, err := readFile(name, in)
		if err != nil {
			j.err = err
		}
		j.doc.Text = string(b)
		j.doc.ID = strings.TrimSuffix(j.file, filepath.Ext(j.file))
		put(j)
	}
}

// readText reads a text whole, and refuses what is not UTF-8.
func readText(name string, in io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(in, maxTextBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case len(b) > maxTextBytes:
		return nil, fmt.Errorf("%s: over the limit of %d bytes: split it", name, maxTextBytes)
	case bytes.IndexByte(b, 0) >= 0:
		return nil, fmt.Errorf("%s: holds zero bytes: it is no text, or it is UTF-16; convert it to UTF-8", name)
	case !utf8.Valid(b):
		return nil, fmt.Errorf("%s: is not UTF-8: convert it, for instance with iconv", name)
	}
	return b, nil
}

// readFile reads a file, or standard input for -.
func readFile(name string, in io.Reader) ([]byte, error) {
	from, done, err := openText(name, in)
	if err != nil {
		return nil, err
	}
	b, err := readText(name, from)
	return b, errors.Join(err, done())
}

// lines puts JSON lines as they come: {"id","text"} and, where known,
// "date", "lang", "publisher".
func (o extractOptions) lines(date truce.Instant, name string, from io.Reader, put func(*job)) {
	s := bufio.NewScanner(from)
	s.Buffer(nil, maxTextBytes)
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		var row struct{ ID, Text, Date, Lang, Publisher string }
		j := &job{file: filepath.Base(name)}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			j.err = fmt.Errorf("%s:%d: %w", name, n, err)
		}
		j.doc = extract.Doc{ID: row.ID, Text: row.Text, Lang: cmp.Or(row.Lang, o.lang), Date: date, Publisher: cmp.Or(row.Publisher, o.publisher)}
		if t, err := time.Parse(time.DateOnly, row.Date); err == nil {
			j.doc.Date = truce.At(t)
		} else if row.Date != "" {
			j.err = fmt.Errorf("%s:%d: date %q: write 2016-05-03", name, n, row.Date)
		}
		put(j)
	}
	if err := s.Err(); err != nil {
		put(&job{file: name, err: fmt.Errorf("%s: %w", name, err)})
	}
}

// label prints one line a snippet, its id and its type, in the order given.
func (o extractOptions) label(e *extract.Engine, files []string, in io.Reader, out io.Writer) error {
	jobs := inOrder(func(put func(*job)) { o.snippets(files, in, put) }, func(j *job) []byte {
		line, err := json.Marshal(struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		}{j.doc.ID, e.Label(j.doc.Text, o.taxonomy)})
		j.err = err
		return append(line, '\n')
	})
	var failed error
	for j := range jobs { // to the end, so that nobody is left waiting
		line := <-j.done
		if failed == nil {
			failed = j.err
		}
		if failed == nil {
			_, failed = out.Write(line)
		}
	}
	return failed
}

// snippets puts the snippets of the files. JSON lines are read as they come,
// the other two forms file by file.
func (o extractOptions) snippets(files []string, in io.Reader, put func(*job)) {
	for _, name := range files {
		from, done, err := openText(name, in)
		if err != nil {
			put(&job{file: name, err: err})
			return
		}
		head := bufio.NewReaderSize(from, 1<<16)
		if first, _ := head.Peek(1); len(first) > 0 && first[0] == '{' {
			err = jsonSnippets(name, head, put)
		} else {
			err = wholeSnippets(name, head, put)
		}
		if err := errors.Join(err, done()); err != nil {
			put(&job{file: name, err: err})
			return
		}
	}
}

// openText opens a file, or standard input for -.
func openText(name string, in io.Reader) (io.Reader, func() error, error) {
	if name == "-" {
		return in, func() error { return nil }, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, usageError{err}
	}
	return f, f.Close, nil
}

// wholeSnippets reads a table or lines of id, tab and text.
func wholeSnippets(name string, from io.Reader, put func(*job)) error {
	b, err := readText(name, from)
	if err != nil {
		return err
	}
	rows, err := tableSnippets(name, b)
	for _, r := range rows {
		put(&job{file: name, doc: extract.Doc{ID: r[0], Text: r[1]}})
	}
	return err
}

// tableSnippets reads id and text from CSV with a header, or from lines of id,
// tab and text, told apart by the first line.
func tableSnippets(name string, b []byte) ([][2]string, error) {
	head, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	if !bytes.Contains(head, []byte("\t")) && bytes.Contains(head, []byte(",")) {
		return csvSnippets(name, b)
	}
	var rows [][2]string
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		id, text, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("%s:%d: a snippet is an id, a tab and a text", name, n)
		}
		rows = append(rows, [2]string{id, text})
	}
	return rows, nil
}

// jsonSnippets puts JSON lines as they come.
func jsonSnippets(name string, from io.Reader, put func(*job)) error {
	dec := json.NewDecoder(from)
	dec.UseNumber()
	for n := 1; ; n++ {
		var row struct {
			ID   any
			Text string
		}
		if err := dec.Decode(&row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: snippet %d: %w", name, n, err)
		}
		put(&job{file: name, doc: extract.Doc{ID: fmt.Sprint(row.ID), Text: row.Text}})
	}
}

func csvSnippets(name string, b []byte) ([][2]string, error) {
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	id, text := slices.Index(all[0], "id"), slices.Index(all[0], "text")
	if id < 0 || text < 0 {
		return nil, fmt.Errorf("%s:1: the first line names the columns id and text", name)
	}
	var rows [][2]string
	for _, r := range all[1:] {
		rows = append(rows, [2]string{r[id], r[text]})
	}
	return rows, nil
}
