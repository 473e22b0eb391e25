package extract

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

const maxFailures = 80

// runTests runs the test lines of the dictionary folders from the given one on.
func (e *Engine) runTests(folder int) error {
	var errs []error
	for _, t := range e.dict.tests {
		if t.folder < folder {
			continue
		}
		if err := e.runTest(t); err != nil {
			errs = append(errs, fmt.Errorf("dictionary %s:%d: %w", t.file, t.line, err))
			if len(errs) == maxFailures {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// runTest runs one. A test of a frame is met if one claim of the frame's event
// has all that is wanted; "none" if no claim is made by that frame.
func (e *Engine) runTest(t dictTest) error {
	lang := t.lang
	if e.dict.langs[lang] == nil {
		lang = ""
	}
	claims := e.Claims(Doc{Text: t.input, Lang: lang, Date: e.dayStart(parseDay(t.date)), Publisher: "unknown"})
	if t.owner == "" {
		return e.runWordTest(t)
	}
	event := ""
	for _, f := range e.dict.langs[t.lang].frames {
		if f.name == t.owner {
			event = f.event
		}
	}
	mark := "frame." + t.lang + "." + t.owner
	var why string
	for _, c := range claims {
		own := len(c.Rules) > 0 && c.Rules[0] == mark
		if !own && (t.negative || c.Event != event) {
			continue
		}
		if t.negative {
			return fmt.Errorf("%q: frame %s fits at %q and should not", t.input, t.owner, t.input[c.Trigger.Start:c.Trigger.End])
		}
		miss := e.missing(c, t.want)
		if miss == "" {
			return nil
		}
		why = miss
	}
	if t.negative {
		return nil
	}
	if why == "" {
		why = "no claim of this frame; got " + summary(claims)
	}
	return fmt.Errorf("%q: %s", t.input, why)
}

func summary(cs []truce.Claim) string {
	var b strings.Builder
	for _, c := range cs {
		fmt.Fprintf(&b, "[%s %s]", c.Event, c.Stance)
	}
	return b.String()
}

// missing returns the first of the wanted fields that a claim does not have.
func (e *Engine) missing(c truce.Claim, want string) string {
	for _, w := range splitFields(want) {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return fmt.Sprintf("%q is not field=value", w)
		}
		value = strings.Trim(value, `"`)
		got := e.field(c, key)
		if got != value {
			return fmt.Sprintf("%s is %q, wanted %q", key, got, value)
		}
	}
	return ""
}

// splitFields parts at blanks outside quotation marks.
func splitFields(s string) []string {
	var out []string
	quoted, start := false, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] == '"' {
			quoted = !quoted
		}
		if i == len(s) || s[i] == ' ' && !quoted {
			if i > start {
				out = append(out, s[start:i])
			}
			start = i + 1
		}
	}
	return out
}

// field writes one field of a claim as tests spell it. Somebody unknown is
// spelled by the words.
func (e *Engine) field(c truce.Claim, key string) string {
	who := func(refs []truce.Ref) string {
		var out []string
		for _, r := range refs {
			if r.ID == unknownID && r.Text != "" {
				out = append(out, r.Text)
			} else {
				out = append(out, r.ID)
			}
		}
		return strings.Join(out, ",")
	}
	switch key {
	case "event":
		return c.Event
	case "stance":
		return string(c.Stance)
	case "actor":
		return who(c.Actors)
	case "target":
		return who(c.Targets)
	case "source":
		var refs []truce.Ref
		for _, s := range c.Sources {
			refs = append(refs, s.Ref)
		}
		return who(refs)
	case "mode":
		if n := len(c.Sources); n > 0 {
			return c.Sources[n-1].Mode
		}
	case "weapon":
		if len(c.Weapons) > 0 {
			return c.Weapons[0].ID
		}
	case "object":
		return c.Object
	case "date":
		return e.dates(c.When)
	case "kind":
		return c.When.Kind
	case "modality":
		return c.Modality
	case "trend":
		return c.Trend
	case "place":
		if len(c.Where) > 0 {
			return string(c.Where[0].Place)
		}
	default:
		return tollField(c, key)
	}
	return ""
}

func tollField(c truce.Claim, key string) string {
	for _, k := range c.Casualties {
		if string(k.Kind) == key && !k.Part {
			return rangeText(k)
		}
	}
	return ""
}

func rangeText(k truce.Casualty) string {
	end := func(n int32) string {
		if n == truce.Open {
			return ""
		}
		return strconv.Itoa(int(n))
	}
	return end(k.Low) + ".." + end(k.High)
}

// dates writes an interval as days, each end empty where it is open.
func (e *Engine) dates(w truce.When) string {
	lo, hi := e.days(w)
	return lo + ".." + hi
}

// days returns the first and the last day of an interval, "" where open.
func (e *Engine) days(w truce.When) (first, last string) {
	if w.From != 0 {
		first = e.dayOf(w.From).String()
	}
	if w.To != 0 {
		last = e.dayOf(w.To - 1).String()
	}
	return first, last
}

// runWordTest runs a test of a table: of times, numbers or actors.
func (e *Engine) runWordTest(t dictTest) error {
	l := e.dict.langs[t.lang]
	if l == nil {
		l = e.dict.langs["en"]
	}
	w := &work{}
	if !w.prepare(e, l, Doc{Text: t.input, Date: e.dayStart(parseDay(t.date))}) {
		return fmt.Errorf("%q: no words", t.input)
	}
	a := &w.a
	a.open(&w.t, 0)
	a.take(w.t.ments)
	a.parse()
	got := "unknown"
	switch {
	case strings.HasSuffix(t.file, "time.tsv"):
		got = "none"
		for _, m := range a.times {
			m.resolve(w.t.date, false)
			got = m.lo.String() + ".." + m.hi.String() + " " + m.kind
			break
		}
	case strings.HasSuffix(t.file, "numbers.tsv"):
		got = "none"
		for _, n := range a.nums {
			got = rangeText(truce.Casualty{Low: n.lo, High: n.hi})
			break
		}
	case strings.HasSuffix(t.file, "tolls.tsv"):
		got = "none"
		w.t.out = []found{{i: 0, j: 1, last: len(w.t.toks), frame: &frame{}, family: "violence", claim: truce.Claim{Event: "violence_unspecified"}}}
		a.tollsOf(0)
		for _, c := range w.t.out[0].claim.Casualties {
			if got == "none" {
				got = ""
			} else {
				got += " "
			}
			got += string(c.Kind) + " " + rangeText(c)
		}
	default:
		for k := range a.chunks {
			if a.kind(k) == chunkNP {
				got = a.whoAt(k).id
				break
			}
		}
	}
	if got != t.want {
		return fmt.Errorf("%q gives %q, wanted %q", t.input, got, t.want)
	}
	return nil
}

// prepare is begin for a text of one sentence in a given language.
func (w *work) prepare(e *Engine, l *language, d Doc) bool {
	t := &w.t
	*t = text{e: e, l: l, doc: d, src: d.Text, date: e.dayOf(d.Date), mixed: mixedCase(d.Text)}
	t.toks = l.tokenise(d.Text, nil, nil)
	if len(t.toks) == 0 {
		return false
	}
	t.sents = []sentence{{first: 0, last: len(t.toks)}}
	t.ments = t.match(0, len(t.toks), nil)
	return true
}
