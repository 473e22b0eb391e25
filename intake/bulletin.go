package intake

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// Issue is what is known of a guarantor's bulletin beside its bytes.
type Issue struct {
	File      string     // for errors
	Publisher string     // the centre whose bulletin it is: its speaker
	Day       string     // 2016-04-28; where the text states one too, they must be the same
	Zone      truce.Zone // of its local times
	URL       string
	Encoding  string // assumed if empty
}

// Bulletin reads a guarantor's daily bulletin. What its header counts becomes
// stated counts and aggregate claims, which join no incident; what it tells
// becomes claims; both by the centre that publishes it. It never makes up an
// incident for an act that is counted and not told. Warnings say where the text
// is not at one with itself: nothing is repaired. A bulletin without a day, or
// without a count of violations, is refused.
func Bulletin(b []byte, is Issue) (truce.Report, []string, error) {
	if len(b) > MaxDocument {
		return truce.Report{}, nil, at(is.File, 0, "", tooBig(MaxDocument))
	}
	text, _, err := decodeText(b, is.Encoding)
	if err != nil {
		return truce.Report{}, nil, at(is.File, 0, "", err)
	}
	p := &bulletinReader{Issue: is, report: truce.Report{Channel: "bulletin", Publisher: is.Publisher, Text: paragraphs(text), Lang: "en", URL: is.URL, Exhibits: []truce.Digest{truce.DigestOf(b)}}}
	if err := p.read(); err != nil {
		return truce.Report{}, nil, at(is.File, 0, "", err)
	}
	if err := p.report.Validate(); err != nil {
		return truce.Report{}, nil, at(is.File, 0, "", err)
	}
	return p.report, p.warnings, nil
}

// Fallen says which cumulative counts of a bulletin are below those of the one
// before it, which they should never be.
func Fallen(before, after []truce.StatedCount) []string {
	var all []string
	for _, a := range after {
		for _, b := range before {
			if a.What == b.What && a.Place == b.Place && a.What != "violations" && a.N < b.N {
				all = append(all, fmt.Sprintf("%s fell from %d to %d: the series is cumulative", a.What, b.N, a.N))
			}
		}
	}
	return all
}

// sentence is one sentence of the text, with where it stands and in which
// section.
type sentence struct {
	text    string
	start   int
	section section
}

type section int

const (
	preamble section = iota
	reconciliation
	monitoring
	aid
	additional
)

// bulletinReader holds one bulletin while it is read.
type bulletinReader struct {
	Issue
	report    truce.Report
	warnings  []string
	period    truce.When // the day that is counted
	total     int32      // -1 until stated
	told      int32
	provinces []string
}

var (
	stampForm = regexp.MustCompile(`^(\d{2}\.\d{2}\.\d{4})(?: \((\d{1,2}:\d{2})\))?$`)
	titleDate = regexp.MustCompile(`\(([A-Z][a-z]+ \d{1,2}, \d{4})\)`)
	noonDate  = regexp.MustCompile(`(?i)\bby (?:noon|\d{1,2}[.:]\d{2}) (?:on|of) ([A-Z][a-z]+) (\d{1,2})(?:, (\d{4}))?`)
	within24  = regexp.MustCompile(`(?i)\b(?:last|past) (?:24|twenty-four) hours\b`)
	violForm  = regexp.MustCompile(`(?i)\b(\d+|` + numberWords + `) (?:\p{L}+ ){0,4}?(?:violations?|breach(?:es)?)\b`)
	violLast  = regexp.MustCompile(`(?i)\bviolations?\b[^.(]*? (\d+)\b`)
	countForm = regexp.MustCompile(`(?i)\b(?:has|have|had)? ?(?:reached|remained|increased to|risen to|grown to|totall?ed|amounted to|is|was) (\d[\d,]*)\b`)
)

const numberWords = `no|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|several|dozens`

func (p *bulletinReader) read() error {
	p.total = -1
	sentences := p.cut()
	if err := p.dateIt(); err != nil {
		return err
	}
	for _, s := range sentences {
		if err := p.take(s); err != nil {
			return err
		}
	}
	if p.total < 0 {
		return invalid("no count of violations is found: is this a bulletin? Import it as an article")
	}
	p.balance()
	return nil
}

// cut divides the text into sentences. A heading is a short line without a
// final stop; it opens its section.
func (p *bulletinReader) cut() []sentence {
	var all []sentence
	in, start := preamble, 0
	for line := range strings.SplitSeq(p.report.Text, "\n") {
		if s, is := heading(line); is {
			in = s
		} else {
			all = append(all, sentencesOf(line, start, in)...)
		}
		start += len(line) + 1
	}
	return all
}

func heading(line string) (section, bool) {
	const longest = 80
	if len(line) > longest || strings.HasSuffix(line, ".") || strings.ContainsAny(line, "0123456789") {
		return 0, false
	}
	low := strings.ToLower(line)
	switch {
	case strings.Contains(low, "bulletin"):
		return 0, false
	case strings.Contains(low, "monitoring") || strings.Contains(low, "observance"):
		return monitoring, true
	case strings.Contains(low, "aid") || strings.Contains(low, "humanitarian") || strings.Contains(low, "assistance"):
		return aid, true
	case strings.Contains(low, "additional"):
		return additional, true
	case strings.Contains(low, "reconciliation") || strings.Contains(low, "general information"):
		return reconciliation, true
	}
	return 0, false
}

// sentencesOf cuts a line at full stops that a capital or a quote follows.
func sentencesOf(line string, start int, in section) []sentence {
	var all []sentence
	from := 0
	for i := 0; i+2 < len(line); i++ {
		if line[i] != '.' || line[i+1] != ' ' || strings.HasSuffix(line[:i], " a.m") || strings.HasSuffix(line[:i], " p.m") {
			continue
		}
		if next := line[i+2]; next >= 'A' && next <= 'Z' || next >= 0x80 {
			all = append(all, sentence{line[from : i+1], start + from, in})
			from = i + 2
		}
	}
	return append(all, sentence{line[from:], start + from, in})
}

// dateIt finds the bulletin's day: from its stamp, its title, its words, or
// from who hands it in.
func (p *bulletinReader) dateIt() error {
	day, clock := "", ""
	first, rest, _ := strings.Cut(p.report.Text, "\n")
	if m := stampForm.FindStringSubmatch(first); m != nil {
		d, err := date(m[1], "dmy")
		if err != nil {
			return err
		}
		day, clock = d, m[2]
		first, _, _ = strings.Cut(rest, "\n")
	}
	p.report.Title = first
	stated := ""
	if m := titleDate.FindStringSubmatch(p.report.Text); m != nil {
		stated = m[1]
	} else if m := noonDate.FindStringSubmatch(p.report.Text); m != nil && (m[3] != "" || len(p.Day) >= 4) {
		year := m[3]
		if year == "" {
			year = p.Day[:4]
		}
		stated = m[1] + " " + m[2] + ", " + year
	}
	if stated != "" {
		d, err := date(stated, "")
		if err != nil {
			return err
		}
		if day != "" && d != day {
			p.warn("the stamp says %s and the text %s: both are kept, the text's is counted", day, d)
			clock = ""
		}
		day = d
	}
	switch {
	case day == "" && p.Day == "":
		return &truce.Error{Kind: truce.Invalid, Field: "date", Why: "the bulletin states no day: give it"}
	case day == "":
		day = p.Day
	case p.Day != "" && p.Day != day:
		p.warn("it is handed in as of %s and says %s: its own day is counted", p.Day, day)
	}
	var err error
	if p.period, err = dayIn(p.Zone, day, ""); err != nil {
		return err
	}
	p.period.Wording = "within the last 24 hours"
	p.report.Date = p.period.From
	if clock != "" {
		w, err := dayIn(p.Zone, day, clock)
		if err != nil {
			return err
		}
		p.report.Date = w.From
	}
	return nil
}

func (p *bulletinReader) warn(format string, args ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

const maxBulletinClaims = 64

// claim adds a claim by the bulletin's centre, resting on a sentence.
func (p *bulletinReader) claim(c truce.Claim, s sentence) error {
	if len(p.report.Claims) == maxBulletinClaims {
		return invalid("over 64 claims: split the bulletin")
	}
	c.Sources = []truce.Source{{Ref: truce.Ref{ID: p.Publisher}, Mode: "document"}}
	if s.text != "" {
		c.Clause = &truce.Span{Start: uint32(s.start), End: uint32(s.start + len(s.text))}
	}
	p.report.Claims = append(p.report.Claims, c)
	return nil
}

// take reads one sentence.
func (p *bulletinReader) take(s sentence) error {
	low := strings.ToLower(s.text)
	switch {
	case within24.MatchString(s.text) && (strings.Contains(low, "violation") || strings.Contains(low, "breach")):
		return p.header(s)
	case p.cumulative(s, low):
		return nil
	case s.section == aid:
		return p.aid(s)
	case s.section == reconciliation && localTruce.MatchString(s.text):
		return p.joined(s)
	case notStruck.MatchString(s.text):
		return p.notStruck(s)
	case s.section == monitoring || s.section == preamble || s.section == additional:
		return p.act(s)
	}
	return nil
}

// cumulative reads how many settlements or groups have signed.
func (p *bulletinReader) cumulative(s sentence, low string) bool {
	what := ""
	switch {
	case !strings.Contains(low, "number"):
		return false
	case strings.Contains(low, "settlement") || strings.Contains(low, "inhabited area"):
		what = "settlements"
	case strings.Contains(low, "group") || strings.Contains(low, "formation") || strings.Contains(low, "application form"):
		what = "groups"
	default:
		return false
	}
	m := countForm.FindStringSubmatch(s.text)
	if m == nil {
		return false
	}
	n, err := whole(strings.ReplaceAll(m[1], ",", ""))
	if err != nil {
		return false
	}
	p.report.Counts = append(p.report.Counts, truce.StatedCount{What: what, N: n, Span: &truce.Span{Start: uint32(s.start), End: uint32(s.start + len(s.text))}})
	return true
}

// header reads the count of violations and its provinces.
func (p *bulletinReader) header(s sentence) error {
	m := violForm.FindStringSubmatch(s.text)
	if m == nil {
		m = violLast.FindStringSubmatch(s.text)
	}
	if m == nil {
		return nil
	}
	n, _, _, ok := count(m[1])
	if !ok {
		return nil
	}
	if p.total >= 0 && p.total != n {
		p.warn("two counts of violations are stated, %d and %d: the first is kept", p.total, n)
		return nil
	}
	p.total = n
	span := &truce.Span{Start: uint32(s.start), End: uint32(s.start + len(s.text))}
	p.report.Counts = append(p.report.Counts, truce.StatedCount{What: "violations", N: n, Span: span})
	aggregate := truce.Claim{Event: "truce_violation", Form: truce.Aggregate, Stance: truce.Stated, When: p.period, Count: n}
	if err := p.claim(aggregate, s); err != nil {
		return err
	}
	sum := int32(0)
	shares, unclear := breakdown(s.text)
	if unclear != "" {
		p.warn("the provinces %q are not clear: read them again", unclear)
	}
	for _, x := range shares {
		sum += x.n
		p.provinces = append(p.provinces, x.place)
		p.report.Counts = append(p.report.Counts, truce.StatedCount{What: "violations", Place: x.place, N: x.n, Span: span})
		aggregate.Count, aggregate.Where = x.n, []truce.Where{{Name: x.place, Class: "adm1", Relation: "in"}}
		if err := p.claim(aggregate, s); err != nil {
			return err
		}
	}
	if len(shares) > 0 && sum != n {
		p.warn("the provinces add up to %d, the header says %d", sum, n)
	}
	return nil
}

type share struct {
	place string
	n     int32
}

var (
	bracketed = regexp.MustCompile(`\(([^()]*(?:[–—-]|\beach\b)[^()]*)\)`)
	numbered  = regexp.MustCompile(`([A-Z][\p{L}'’ -]*?) ?\((\d+)\)`)
	shareForm = regexp.MustCompile(`^(.*?) ?[–—-] ?(\d+)( (?:for|in) each| each)?$`)
)

// breakdown reads "(A – 3, B, C and D – 1 for each)" or "A (3), B (1)".
func breakdown(text string) (shares []share, unclear string) {
	if m := bracketed.FindStringSubmatch(text); m != nil {
		var pending []string
		for _, piece := range strings.FieldsFunc(strings.ReplaceAll(m[1], " and ", ","), func(r rune) bool { return r == ',' || r == ';' }) {
			piece = strings.TrimSpace(piece)
			f := shareForm.FindStringSubmatch(piece)
			if f == nil {
				pending = append(pending, piece)
				continue
			}
			n, err := whole(f[2])
			if err != nil || len(pending) > 0 && f[3] == "" {
				return nil, m[1]
			}
			for _, name := range append(pending, f[1]) {
				shares = append(shares, share{province(name), n})
			}
			pending = nil
		}
		if len(pending) > 0 {
			return nil, m[1]
		}
		return shares, ""
	}
	for _, f := range numbered.FindAllStringSubmatch(text, -1) {
		if n, err := whole(f[2]); err == nil {
			shares = append(shares, share{province(f[1]), n})
		}
	}
	return shares, ""
}

// province takes the class word off a province's name.
func province(s string) string {
	s = strings.TrimSpace(s)
	for _, w := range []string{" province", " governorate", " provinces"} {
		s = strings.TrimSuffix(s, w)
	}
	return strings.TrimPrefix(s, "the ")
}

// balance says how many acts are counted and not told. They become nothing.
func (p *bulletinReader) balance() {
	if p.told < p.total {
		p.warn("%d of %d violations are not told: they become no claims", p.total-p.told, p.total)
	} else if p.told > p.total {
		p.warn("%d acts are told and the header says %d", p.told, p.total)
	}
	if len(p.warnings) == 0 {
		return
	}
	for i := range p.report.Claims {
		if c := &p.report.Claims[i]; c.Form == truce.Aggregate && len(c.Where) == 0 {
			c.Note = strings.Join(p.warnings, "; ")
		}
	}
}

// count reads a number or a word for one.
func count(s string) (low, high int32, qual string, ok bool) {
	s = strings.ToLower(s)
	words := strings.Split(numberWords, "|")
	switch s {
	case "no":
		return 0, 0, "exact", true
	case "a", "an":
		return 1, 1, "exact", true
	case "several", "dozens":
		low, high, qual, err := figure(s)
		return low, high, qual, err == nil
	}
	for i, w := range words[2:] { // from "one" on
		if w == s {
			return int32(i + 1), int32(i + 1), "exact", true
		}
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return int32(n), int32(n), "exact", err == nil && n <= maxFigure
}
