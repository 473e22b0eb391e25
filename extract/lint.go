package extract

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/marchday/marchday/gazetteer"
)

// Inspected is what was found in dictionaries laid over the embedded ones.
type Inspected struct {
	Tests    int      // test lines run, those of the folders given
	Failed   []string // tests not met, by file and line
	Findings []string // what loads and is likely a fault, by file and line
}

// Inspect loads the dictionaries as New does, but goes on after a test that is
// not met, and looks for what loads and is likely a fault: a form that means
// two things, an id that nobody has, a trigger that can never open its frame,
// a name that is a place's too, an id that takes a side. It tests and looks at
// the folders from the given one on: 0 is the embedded one, 1 the first of
// those laid over it.
func Inspect(o Options, from int) (Inspected, error) {
	var x Inspected
	base, err := fs.Sub(embedded, "dict")
	if err != nil {
		return x, err
	}
	folders := append([]fs.FS{base}, o.Dictionaries...)
	d, err := load(folders)
	if err != nil {
		return x, err
	}
	e := engineOf(d, o)
	for _, t := range d.tests {
		if t.folder < from {
			continue
		}
		x.Tests++
		if err := e.runTest(t); err != nil {
			x.Failed = append(x.Failed, fmt.Sprintf("%s:%d: %v", t.file, t.line, err))
		}
	}
	l := linter{e: e, forms: map[string]spot{}, ids: map[string]bool{}}
	for _, a := range d.actors {
		l.ids[a.id] = true
	}
	for _, dir := range folders[min(from, len(folders)):] {
		if err := l.folder(dir); err != nil {
			return x, err
		}
	}
	x.Findings = l.out
	return x, nil
}

// spot is where a form stands and what it means there.
type spot struct {
	at, means string
	from, to  day
}

type linter struct {
	e     *Engine
	forms map[string]spot // table, language and form
	ids   map[string]bool
	out   []string
}

// forTable says of which tables forms are compared, and which column holds them
// and which their meaning.
var forTable = map[string]struct{ forms, means int }{
	"agents.tsv": {1, 0}, "weapons.tsv": {1, 0}, "objects.tsv": {1, 0}, "report.tsv": {0, 1}, "time.tsv": {0, 1}, "tolls.tsv": {3, 0},
}

func (l *linter) folder(dir fs.FS) error {
	files, err := listDict(dir)
	if err != nil {
		return err
	}
	for _, name := range files {
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		code := path.Base(path.Dir(name))
		n := 0
		frame := ""
		for line := range strings.Lines(string(b)) {
			n++
			line = strings.TrimRight(line, " \r\n")
			if line == "" || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			at := fmt.Sprintf("%s:%d", name, n)
			switch base := path.Base(name); base {
			case "actors.tsv":
				l.actor(at, columns(line))
			case "roles.tsv":
				l.role(at, columns(line))
			case "frames.txt":
				frame = l.frame(at, code, frame, line)
			default:
				l.table(at, base, code, columns(line))
			}
		}
	}
	return nil
}

func columns(line string) []string {
	cols := strings.Split(line, "\t")
	for i := range cols {
		cols[i] = strings.TrimSpace(cols[i])
	}
	return cols
}

func (l *linter) find(format string, args ...any) {
	l.out = append(l.out, fmt.Sprintf(format, args...))
}

// meet notes a form and says where it means something else at the same time.
func (l *linter) meet(key, form string, s spot) {
	old, known := l.forms[key]
	apart := old.to != noDay && s.from != noDay && old.to < s.from || s.to != noDay && old.from != noDay && s.to < old.from
	if known && old.means != s.means && !apart {
		l.find("%s: %q means %s here and %s at %s: keep one, or give both dates", s.at, form, s.means, old.means, old.at)
		return
	}
	l.forms[key] = s
}

// partisan are words that an id must not carry: they are a speaker's, and stay
// in the words of the text.
var partisan = []string{"terrorist", "terror", "regime", "rebel", "militant", "jihadist", "martyr", "liberator", "gang", "bandit", "mercenar", "puppet", "so-called", "illegal"}

func (l *linter) actor(at string, c []string) {
	if len(c) < 7 {
		return
	}
	for _, w := range partisan {
		if _, name, _ := strings.Cut(c[0], ":"); slices.Contains(strings.Split(name, "-"), w) {
			l.find("%s: the id %s takes a side: name it as it names itself, and keep %q among the aliases", at, c[0], w)
		}
	}
	for _, a := range alternatives(c[6], "|") {
		code, name, ok := strings.Cut(a, ":")
		if !ok || len(code) != 2 {
			l.find("%s: %q has no language: write en:%s", at, a, a)
			continue
		}
		l.meet("actor/"+code+"/"+gazetteer.Fold(name), name, spot{at, c[0], parseDay(c[4]), parseDay(c[5])})
		if l.e.places.Knows(gazetteer.Fold(name)) && !l.told(name, c[6]) {
			l.find("%s: %q is the name of a place too: give a longer form, or see that texts tell them apart", at, name)
		}
	}
}

// told reports whether a name that is a place's too is told apart anyhow: it is
// an abbreviation in capitals, a part of a longer name of the same actor, or a
// seat of government, which the engine reads by what it does.
func (l *linter) told(name, all string) bool {
	const seat = 100_000
	if name == strings.ToUpper(name) && name != strings.ToLower(name) || strings.Contains(all, " "+name) || strings.Contains(all, name+" ") {
		return true
	}
	got := l.e.places.Find(gazetteer.Query{Text: name, Strict: true, Max: 1})
	return len(got) > 0 && (got[0].Place.Population >= seat || got[0].Place.Class == gazetteer.Adm1)
}

func (l *linter) role(at string, c []string) {
	for i, what := range []string{"", "organisation", "holder"} {
		if i > 0 && i < len(c) && c[i] != "" && c[i] != "*" && !l.ids[c[i]] && !isState(c[i]) {
			l.find("%s: no actor has the %s's id %s: add it to actors.tsv", at, what, c[i])
		}
	}
}

// isState reports whether an id is made of a country's code.
func isState(id string) bool { return stateOf(id) != "" }

// frame reads one line of a frames.txt and returns the frame it stands in.
func (l *linter) frame(at, code, frame, line string) string {
	line = strings.TrimSpace(line)
	if name, ok := strings.CutPrefix(line, "frame "); ok {
		return strings.TrimSpace(name)
	}
	key, value, _ := strings.Cut(line, ":")
	if key != "verb" && key != "noun" && key != "phrase" {
		return frame
	}
	f := l.needsOf(code, frame)
	for _, w := range alternatives(value, ",") {
		id := "trigger/" + code + "/" + key + "/" + w + "/" + f
		if old, known := l.forms[id]; known && old.means != frame {
			l.find("%s: %q of frame %s can never open it: frame %s at %s has the same word and the same conditions", at, w, frame, old.means, old.at)
			continue
		}
		l.forms[id] = spot{at: at, means: frame}
	}
	return frame
}

// needsOf writes a frame's conditions as one text.
func (l *linter) needsOf(code, name string) string {
	lang := l.e.dict.langs[code]
	if lang == nil {
		return ""
	}
	for _, f := range lang.frames {
		if f.name == name {
			return fmt.Sprint(f.needs, f.only)
		}
	}
	return ""
}

func (l *linter) table(at, base, code string, c []string) {
	t, known := forTable[base]
	if !known || len(c) <= max(t.forms, t.means) {
		return
	}
	for _, form := range alternatives(c[t.forms], "|") {
		means := c[t.means]
		if base == "tolls.tsv" || base == "time.tsv" {
			means = strings.Join(c[:min(len(c), 3)], " ")
			if base == "time.tsv" {
				means = strings.Join(c[1:], " ")
			}
		}
		l.meet(base+"/"+code+"/"+strings.ToLower(form), form, spot{at, means, noDay, noDay})
	}
}
