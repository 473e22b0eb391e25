package bulletin

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // page and style
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText string

// StyleHash returns the source that a content security policy must allow for
// the HTML editions of this release: their one style element. Editions of
// other releases have other styles; StyleHashOf reads theirs.
func StyleHash() string { return hashSource(styleText) }

// StyleHashOf returns the source of the style element of a stored HTML
// edition, empty where it has none.
func StyleHashOf(edition []byte) string {
	_, rest, ok := bytes.Cut(edition, []byte("<style>"))
	style, _, end := bytes.Cut(rest, []byte("</style>"))
	if !ok || !end {
		return ""
	}
	return hashSource(string(style))
}

func hashSource(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page is what the HTML edition is drawn from.
type page struct {
	*Daily
	Lang, Dir string
	Style     template.CSS
	Columns   int // of claims
	Map       template.HTML
	Chart     template.HTML
	Model     truce.Digest // of the JSON edition
	Words     truce.Digest
	Template  truce.Digest // of page and style
	Differ    []judged     // acts on which the readings differ, then those that agree on other terms or clocks
	Hurt      []Incident   // with any figure of casualties
	Older     []Case       // decided in the period, of incidents of earlier days
}

// html draws one language's edition.
func (d *Daily) html(lang string, model truce.Digest, g Ground) ([]byte, error) {
	w, err := loadWords(lang)
	if err != nil {
		return nil, err
	}
	pen := pen{w: w, d: d}
	tmpl, err := template.New("bulletin").Funcs(pen.funcs()).Parse(pageText)
	if err != nil {
		return nil, err
	}
	p := page{
		Daily: d, Lang: lang, Dir: w.dir(), Style: template.CSS(styleText), Columns: len(d.Head.Chairs) + 1, Model: model, Words: w.digest,
		Template: truce.DigestOf([]byte(pageText + styleText)), Map: d.drawMap(w, g), Chart: d.drawSeries(w),
	}
	for _, i := range d.Incidents {
		p.Differ = append(p.Differ, differing(i)...)
		if len(i.Tolls) > 0 {
			p.Hurt = append(p.Hurt, i)
		}
	}
	for _, c := range d.Docket.Decided {
		if c.Older {
			p.Older = append(p.Older, c)
		}
	}
	var b bytes.Buffer
	err = tmpl.Execute(&b, p)
	return b.Bytes(), err
}

// judged is one act whose verdicts stand side by side.
type judged struct {
	Incident
	Act Act
}

func differing(i Incident) []judged {
	var all []judged
	for _, a := range i.Acts {
		if !a.Agree || !a.SameTerms || !a.SameClock {
			all = append(all, judged{i, a})
		}
	}
	return all
}

// pen writes the parts of a page in one language.
type pen struct {
	w *words
	d *Daily
}

func (p pen) funcs() template.FuncMap {
	return template.FuncMap{
		"t": p.w.t, "bdi": p.bdi, "list": p.list, "say": p.say, "at": p.at, "iso": p.iso, "link": p.link, "day": p.w.day, "cell": p.cell, "nothing": p.nothing, "waiting": waiting, "watched": p.watched, "watchedAll": p.watchedAll, "length": p.w.length,
		"office": p.office, "word": p.word, "highlight": p.highlight, "anchor": func(i Incident) string { return anchor(&i) },
		"figure": p.figure, "path": func(i Incident) string { return i.path() }, "sum": p.sum, "until": p.until, "filter": p.filter,
		"toll": p.toll, "when": p.when, "unit": p.unit,
	}
}

// bdi writes a name isolated from the line around it.
func (p pen) bdi(n Named) template.HTML {
	return template.HTML("<bdi>" + template.HTMLEscapeString(p.w.name(n)) + "</bdi>") //nolint:gosec // escaped
}

func (p pen) list(all []Named) template.HTML {
	if len(all) == 0 {
		return template.HTML(template.HTMLEscapeString(p.w.t("not-stated"))) //nolint:gosec // escaped
	}
	var parts []string
	for _, n := range all {
		parts = append(parts, string(p.bdi(n)))
	}
	return template.HTML(strings.Join(parts, template.HTMLEscapeString(p.w.t("comma")))) //nolint:gosec // escaped
}

// say writes somebody's own words in the page's language if they were given in
// it, else in the first that they were given in, which is named.
func (p pen) say(all []truce.Text) template.HTML {
	if len(all) == 0 {
		return ""
	}
	text := all[0]
	for _, t := range all {
		if t.Lang == p.w.lang {
			text = t
		}
	}
	open := "<bdi>"
	if text.Lang != "und" && text.Lang != p.w.lang {
		open = `<bdi lang="` + template.HTMLEscapeString(text.Lang) + `">`
	}
	return template.HTML(open + template.HTMLEscapeString(text.Text) + "</bdi>") //nolint:gosec // escaped
}

func (p pen) at(i truce.Instant) template.HTML {
	if i == 0 {
		return template.HTML(`<span class="miss">` + template.HTMLEscapeString(p.w.t("not-stated")) + `</span>`) //nolint:gosec // escaped
	}
	return template.HTML(`<time datetime="` + i.String() + `">` + template.HTMLEscapeString(p.w.at(p.d.Head.Zone, i)) + `</time>`) //nolint:gosec // escaped
}

// iso writes an instant for a table: ISO 8601 on the wall there, and in UTC.
func (p pen) iso(i truce.Instant) template.HTML {
	if i == 0 {
		return p.at(0)
	}
	local, utc := p.d.Head.Zone.Local(i), i.Time()
	_, zone := p.d.Head.Zone.Offset(i)
	u := utc.Format("15:04")
	if local.Day() != utc.Day() {
		u = utc.Format("2006-01-02 15:04")
	}
	return template.HTML(`<time class="iso" datetime="` + i.String() + `">` + local.Format("2006-01-02 15:04 ") + template.HTMLEscapeString(zone) + ` <small>` + u + ` UTC</small></time>`) //nolint:gosec // escaped
}

// link names where a highlight leads: a section, or an incident.
func (p pen) link(to string) string {
	section := strings.TrimPrefix(to, "#")
	if p.w.has("h." + section) {
		return p.w.t("h." + section)
	}
	for i := range p.d.Incidents {
		if anchor(&p.d.Incidents[i]) == section {
			return p.d.Incidents[i].Name
		}
	}
	return p.w.t("see")
}

// watchedAll says of how many units anything was watched.
func (p pen) watchedAll() string {
	t := p.d.Table
	if t.Watch == WatchNone {
		return p.w.t("watched." + WatchNone)
	}
	n, units := 0, 0
	for _, r := range t.Rows {
		if r.Unit.ID == "" {
			continue
		}
		units++
		if r.Watched.State == WatchKept {
			n++
		}
	}
	return p.w.t("watched.units", "n", n, "of", units)
}

// when writes an incident's time as exactly as it is known.
func (p pen) when(i Incident) template.HTML {
	switch i.Exact {
	case truce.ToMinute, truce.ToHour, "":
		return p.iso(i.From)
	case truce.ToDay, truce.ToDays, truce.ToWeeks, truce.ToPart, truce.ToMonth, truce.ToYear, truce.Bounded, truce.Fuzzy:
	}
	if i.From == 0 {
		return p.at(0)
	}
	day := p.d.Head.Zone.DayOf(i.From)
	return template.HTML(`<time datetime="` + day + `">` + template.HTMLEscapeString(day+p.w.t("comma")+p.w.t("precision."+string(i.Exact))) + `</time>`) //nolint:gosec // escaped
}

// until writes the end of a clock, which may itself be an interval.
func (p pen) until(from, to truce.Instant) template.HTML {
	if from != 0 && to != 0 && from != to {
		return p.iso(from) + template.HTML(template.HTMLEscapeString(" "+p.w.t("or")+" ")) + p.iso(to) //nolint:gosec // escaped
	}
	return p.iso(to)
}

// cell writes a count.
func (p pen) cell(c Count) template.HTML {
	if c != Missing {
		return template.HTML(strconv.Itoa(int(c))) //nolint:gosec // a number
	}
	return template.HTML(`<span class="miss">` + template.HTMLEscapeString(p.w.t("miss.dash")) + `</span>`) //nolint:gosec // escaped
}

// nothing says why a row has no figures at all.
func (p pen) nothing(r Row) string {
	if r.Watched.State == WatchNone {
		return p.w.t("miss.not-recorded")
	}
	return p.w.t("miss.no-data")
}

// waiting reports whether every co-chair's text of a case is still awaited, so
// that one line says it.
func waiting(c Case) bool {
	return !slices.ContainsFunc(c.Texts, func(o Opinion) bool { return o.State != TextAwaited })
}

func (p pen) watched(w Watched) string {
	if w.State != WatchKept {
		return p.w.t("watched." + w.State)
	}
	return p.w.t("watched.kept", "kept", p.w.length(w.Minutes), "of", p.w.length(w.Of), "posts", w.Posts)
}

// unit names a row of the table.
func (p pen) unit(n Named) template.HTML {
	if n.ID == "" {
		return template.HTML(template.HTMLEscapeString(p.w.t("unit.unknown"))) //nolint:gosec // escaped
	}
	return p.bdi(n)
}

func (p pen) office(id truce.OfficeID) template.HTML {
	for _, c := range p.d.Head.Offices {
		if c.ID == string(id) {
			return p.bdi(c)
		}
	}
	if id == "" {
		return template.HTML(template.HTMLEscapeString(p.w.t("others"))) //nolint:gosec // escaped
	}
	return p.bdi(Named{ID: string(id)})
}

// word writes a code of the model in words; a code that the catalogue lacks is
// shown as it is.
func (p pen) word(group string, code any) string {
	c := fmt.Sprint(code)
	if c == "" {
		return p.w.t("not-stated")
	}
	if key := group + "." + c; p.w.has(key) {
		return p.w.t(key)
	}
	return c
}

// highlight fills a rule's sentence.
func (p pen) highlight(h Highlight) template.HTML {
	text := template.HTMLEscapeString(p.w.t("highlight." + h.Rule))
	for _, a := range h.Args {
		var v template.HTML
		switch {
		case a.N != nil:
			v = template.HTML(strconv.Itoa(*a.N)) //nolint:gosec // a number
		case a.Word != "":
			v = template.HTML(template.HTMLEscapeString(p.w.t(a.Word))) //nolint:gosec // escaped
		case a.Tally != nil:
			v = p.tally(a.Tally)
		case a.Toll != nil:
			v = template.HTML(template.HTMLEscapeString(p.span(a.Toll.Low, a.Toll.High, a.Toll.More))) //nolint:gosec // escaped
		case a.Clock != nil:
			v = p.clocks(a.Clock)
		default:
			v = p.list(a.Named)
		}
		text = strings.ReplaceAll(text, "{"+a.Name+"}", string(v))
	}
	return template.HTML(text) //nolint:gosec // its parts are escaped
}

func (p pen) tally(all []Tally) template.HTML {
	var parts []string
	for _, t := range all {
		n := strconv.Itoa(int(t.N))
		if t.N == Missing {
			n = template.HTMLEscapeString(p.w.t("miss.none"))
		}
		parts = append(parts, string(p.office(t.Office))+" "+n)
	}
	return template.HTML(strings.Join(parts, p.w.t("comma"))) //nolint:gosec // escaped
}

func (p pen) clocks(all []ClockClaim) template.HTML {
	var parts []string
	for _, c := range all {
		at := p.at(c.Start)
		if c.Start == 0 {
			at = template.HTML(template.HTMLEscapeString(p.w.t("start-not-stated"))) //nolint:gosec // escaped
		}
		parts = append(parts, string(p.bdi(c.By))+p.w.t("colon")+string(at))
	}
	return template.HTML(strings.Join(parts, p.w.t("semicolon"))) //nolint:gosec // escaped
}

// span writes low to high, with what is open.
func (p pen) span(low, high int32, more bool) string {
	switch {
	case low == truce.Open && high == truce.Open:
		return p.w.t("not-stated")
	case high == truce.Open, more && low == high:
		return p.w.t("figure.or-more", "n", low)
	case low == truce.Open:
		return p.w.t("figure.up-to", "n", high)
	case low == high:
		return strconv.Itoa(int(low))
	case more:
		return p.w.t("figure.range-or-more", "low", low, "high", high)
	}
	return p.w.t("figure.range", "low", low, "high", high)
}

// toll writes what is counted, low to high, and best.
func (p pen) toll(t Toll) string {
	text := p.word("casualty", t.Kind)
	for _, more := range [][2]string{{"who", t.Who}, {"status-of-dead", t.Status}, {"scope", t.Scope}} {
		if more[1] != "" && more[1] != "people" && more[1] != "strike" {
			text += p.w.t("comma") + p.word(more[0], more[1])
		}
	}
	text += p.w.t("colon") + p.span(t.Low, t.High, t.More)
	if t.Best != Missing {
		text += p.w.t("comma") + p.w.t("figure.best", "n", int(t.Best))
	}
	return text
}

// figure writes one figure as somebody gave it.
func (p pen) figure(f Figure) string {
	text := p.span(f.Low, f.High, false)
	if f.Qual != "" && f.Qual != "exact" && f.Qual != "range" {
		text += " (" + p.word("qual", f.Qual) + ")"
	}
	return text
}

// sum writes the addition of a row's incidents.
func (p pen) sum(r Row) string {
	plain := func(c Count) int { return max(0, int(c)) }
	return p.w.t("table.sum", "confirmed", plain(r.Confirmed), "disputed", plain(r.Disputed), "rejected", plain(r.Rejected),
		"pending", plain(r.Pending), "outside", plain(r.Outside), "incidents", plain(r.Incidents))
}

// filter is the address of the list that a figure counts.
func (p pen) filter(r Row, status string) string {
	h := p.d.Head
	q := "/incidents?from=" + h.From.String() + "&to=" + h.To.String()
	if r.Unit.ID != "" {
		q += "&adm1=" + r.Unit.ID
	}
	if status != "" {
		q += "&status=" + status
	}
	return q
}
