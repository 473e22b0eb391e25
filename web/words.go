package web

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// officeName is an office in the reader's language.
func (v *visit) officeName(id truce.OfficeID) string {
	o, _ := v.house.Office(id)
	return truce.NameIn(o.Name, v.t.Code, string(id))
}

// name is an actor, an office or an outlet in the reader's language. Words that
// name several ("us and ru") have each name that is known; what nobody has named
// keeps its own words.
func (v *visit) name(id string) string {
	if id == "" {
		return v.t.T("missing.not_stated")
	}
	if n := v.known(id); n != "" {
		return n
	}
	parts, any := severalNames.Split(id, maxNamed), false
	for i, part := range parts {
		if n := v.known(part); n != "" {
			parts[i], any = n, true
		}
	}
	if any {
		return v.t.List(parts)
	}
	return id
}

// maxNamed bounds into how many names words are cut.
const maxNamed = 16

var severalNames = regexp.MustCompile(`\s*;\s*|\s*,\s+(?:and\s+)?|\s+and\s+`)

// known is the name of an actor or office, "" where none has this id.
func (v *visit) known(id string) string {
	if a, ok := v.words.actors[truce.ActorID(id)]; ok {
		return truce.NameIn(a.Name, v.t.Code, id)
	}
	if o, ok := v.house.Office(truce.OfficeID(id)); ok {
		return truce.NameIn(o.Name, v.t.Code, id)
	}
	switch truce.ActorID(id) {
	case truce.Accepting, truce.Excluded, truce.Controlling, truce.CoChairs, truce.Anyone:
		return v.label("actor.", id)
	}
	return ""
}

func (v *visit) nameList(ids []truce.ActorID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = v.name(string(id))
	}
	return v.t.List(names)
}

func (v *visit) speakers(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = v.name(id)
	}
	return v.t.List(names)
}

// ref is somebody a claim names: by name, else by the words of the claim.
func (v *visit) ref(r truce.Ref) string {
	switch {
	case r.ID == "" || r.ID == "unknown":
		if r.Text == "" {
			return v.t.T("missing.not_stated")
		}
		return "“" + r.Text + "”"
	case r.Text != "" && v.words.actors[truce.ActorID(r.ID)].Name == nil:
		return r.Text
	}
	return v.name(r.ID)
}

// speaker is who says a claim: by name, else in the words of the text.
func (v *visit) speaker(c picture.Claim) string {
	if n := len(c.Claim.Sources); n > 0 {
		if last := c.Claim.Sources[n-1]; last.ID == c.Speaker && last.Text != "" {
			return v.ref(last.Ref)
		}
	}
	return v.name(c.Speaker)
}

func (v *visit) refs(rs []truce.Ref) string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = v.ref(r)
	}
	return v.t.List(names)
}

// word is a node of the taxonomy in the reader's language.
func (v *visit) word(node string) string {
	if node == "" {
		return ""
	}
	return v.t.T("word." + node)
}

// wordsOf joins nodes of the taxonomy.
func (v *visit) wordsOf(nodes []string) string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = v.word(n)
	}
	return v.t.List(out)
}

// place is a place in the reader's language, "" where none is known.
func (v *visit) place(w truce.Where) string {
	name := ""
	if x := textIn(w.Names, v.t.Code); x.Lang == v.t.Code {
		name = x.Text
	} else if v.s.base != nil {
		name = v.s.base.NameOf(string(w.Place), v.t.Code)
	}
	name = cmp.Or(name, truce.NameIn(w.Names, v.t.Code, ""), w.Name, string(w.Place))
	if name != "" && w.Relation != "" && w.Relation != "in" {
		return v.t.T("where."+w.Relation, "place", name)
	}
	return name
}

// unit is the first-order unit that a place lies in, named as the map names it.
func (v *visit) unit(w truce.Where) string { return v.unitName(picture.Adm1(w)) }

func (v *visit) unitName(id truce.PlaceID) string {
	if v.s.base != nil {
		if name := v.s.base.NameOf(string(id), v.t.Code); name != "" {
			return name
		}
	}
	return string(id)
}

// area is an area in words.
func (v *visit) area(a truce.Area) string {
	var parts []string
	for _, w := range a.Places {
		parts = append(parts, v.place(w))
	}
	if n := len(a.Polygons); n > 0 {
		parts = append(parts, v.t.T("area.polygons", "n", n))
	}
	if len(a.Line) > 0 {
		parts = append(parts, v.t.T("area.line", "n", a.Metres))
	}
	out := cmp.Or(a.Name, v.t.List(parts))
	if len(a.Except) > 0 {
		var except []string
		for _, w := range a.Except {
			except = append(except, v.place(w))
		}
		out += " " + v.t.T("area.except", "list", v.t.List(except))
	}
	return out
}

// when is a time in words, with its precision; "" where nothing is known.
func (v *visit) when(w truce.When) string {
	from, to := v.local(w.From), v.local(w.To)
	exact := w.Precision == truce.ToMinute || w.Precision == "" || w.Precision == truce.ToHour
	switch {
	case w.From == 0 && w.To == 0:
		return w.Wording
	case w.From == 0:
		return v.t.T("when.before", "to", v.moment(to, exact))
	case w.To == 0:
		return v.moment(from, exact)
	case !exact:
		last := v.local(w.To - 1)
		if from.Format(time.DateOnly) == last.Format(time.DateOnly) {
			return v.t.Date(from)
		}
		return v.t.T("when.range", "from", v.t.Date(from), "to", v.t.Date(last))
	case w.To-w.From <= 60:
		return v.moment(from, true)
	case from.Format(time.DateOnly) == to.Format(time.DateOnly):
		return v.comma(v.t.Date(from), hours(from, to))
	}
	return v.t.T("when.range", "from", v.moment(from, true), "to", v.moment(to, true))
}

// comma joins parts as the reader's language does, the empty ones left out.
func (v *visit) comma(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), v.t.writing.list[0])
}

// hours is a stretch of one day: 21:37–22:37 EEST (18:37–19:37 UTC).
func hours(from, to time.Time) string {
	zone, offset := from.Zone()
	span := from.Format("15:04") + "–" + to.Format("15:04") + "\u00a0" + zone
	if offset == 0 {
		return span
	}
	return span + " (" + from.UTC().Format("15:04") + "–" + to.UTC().Format("15:04") + "\u00a0UTC)"
}

// moment is a time written out, to the minute where it is exact.
func (v *visit) moment(at time.Time, exact bool) string {
	if !exact {
		return v.t.Date(at)
	}
	return v.comma(v.t.Date(at), v.t.Clock(at))
}

// stamp is a time for a table: ISO 8601, to what is known.
func (v *visit) stamp(w truce.When) Cell {
	if w.From == 0 {
		if w.To != 0 {
			return Cell{Text: v.t.T("when.before", "to", v.local(w.To).Format(time.DateOnly)), Value: "/" + w.To.String()}
		}
		return Cell{Missing: "not_stated"}
	}
	from := v.local(w.From)
	switch w.Precision {
	case truce.ToMinute, truce.ToHour, "":
		return Cell{Text: from.Format("2006-01-02 15:04"), Value: w.From.String(), Short: true}
	default:
	}
	c := Cell{Text: from.Format(time.DateOnly), Value: from.Format(time.DateOnly), Short: true}
	if w.To > w.From+truce.Day {
		last := v.local(w.To - 1).Format(time.DateOnly)
		c.Text, c.Short = c.Text+" – "+last, false
		c.Value += "/" + last
	}
	return c
}

// instant is a moment for a table.
func (v *visit) instant(i truce.Instant) Cell {
	if i == 0 {
		return Cell{Missing: "not_stated"}
	}
	at := v.local(i)
	_, zone := v.house.Procedure.Zone.Offset(i)
	return Cell{Text: at.Format("2006-01-02 15:04 ") + zone, Value: i.String(), Short: true}
}

// figure is a range of casualties; an open end is said, never guessed.
func (v *visit) figure(low, high int32) string {
	switch {
	case low == truce.Open && high == truce.Open:
		return ""
	case low == truce.Open:
		return v.t.T("toll.up_to", "high", high)
	case high == truce.Open:
		return v.t.T("toll.at_least", "low", low)
	case low == high:
		return v.t.Number(int64(low))
	}
	return v.t.Number(int64(low)) + "–" + v.t.Number(int64(high))
}

// losses is a merged range of casualties.
func (v *visit) losses(l truce.Losses) string {
	return v.figure(l.Low, l.High) + pick(l.OrMore, "+", "")
}

// lossWords is a merged range of casualties, an open end written out.
func (v *visit) lossWords(l truce.Losses) string {
	if l.OrMore {
		return v.t.T("toll.at_least", "low", v.figure(l.Low, l.High))
	}
	return v.figure(l.Low, l.High)
}

// incidentID is the name of an incident as people read it, and its page.
func incidentID(i picture.Incident) Link {
	label := i.ID.Display(i.Index)
	return Link{label, "/incidents/" + label}
}

// statement links to a statement by its ID. One that the reader may not read
// is a text.
func (v *visit) statement(id truce.StatementID) Link {
	if id.IsZero() {
		return Link{}
	}
	if l, known := v.seen[id]; known {
		return l
	}
	l := Link{Label: v.t.T("statement.closed")}
	if s, err := v.view.StatementByID(v.ctx(), id); err == nil {
		l = statementLink(s.Index)
	}
	v.seen[id] = l
	return l
}

// at is a statement by its index; it links only where the reader may read it.
func (v *visit) at(index int64, id truce.StatementID) Link {
	l := statementLink(index)
	if v.statement(id).Href == "" {
		l.Href = ""
	}
	return l
}

// statementLink is the name of a statement that the reader may read, and its
// page.
func statementLink(index int64) Link {
	n := strconv.FormatInt(index, 10)
	return Link{"S " + n, "/record/" + n}
}

// kindOf is the sign of a verdict, and what narrows it: outside which.
func (v *visit) kindOf(a truce.Answer) (kind, why string) {
	if a.Outside() {
		return "outside", v.t.T("outside." + strings.TrimPrefix(string(a), "outside-"))
	}
	return string(a), ""
}

// answerOf is an office's answer over all acts of an incident: the one, or
// mixed; "" where nothing was alleged.
func answerOf(acts []picture.Judged, office truce.OfficeID) truce.Answer {
	var all truce.Answer
	for _, a := range acts {
		for _, x := range a.Verdicts {
			if x.Office == office && all != x.Answer {
				all = pick(all == "", x.Answer, truce.Mixed)
			}
		}
	}
	return all
}

// verdictOf is an office's answer on an incident, for a table.
func (v *visit) verdictOf(acts []picture.Judged, office truce.OfficeID) Cell {
	a := answerOf(acts, office)
	if a == "" {
		return Cell{Missing: "no_data"}
	}
	kind, why := v.kindOf(a)
	return Cell{Verdict: &Verdict{Kind: kind, Why: why}, Value: string(a)}
}

// textIn is the text in the reader's language, else the first one, with its
// language.
func textIn(texts []truce.Text, lang string) truce.Text {
	for _, t := range texts {
		if t.Lang == lang {
			return t
		}
	}
	if len(texts) > 0 {
		return texts[0]
	}
	return truce.Text{}
}

// day is the counting day that ?day= asks for, else the one of the view's time;
// with its bounds and the days beside it.
func (v *visit) day() (chosenDay, error) {
	zone := v.house.Procedure.Zone
	d := chosenDay{Day: v.q.Get("day")}
	if d.Day == "" {
		d.Day = zone.DayOf(v.view.Now())
	}
	var err error
	if d.From, d.To, err = zone.DayBounds(d.Day); err != nil {
		return d, err
	}
	d.At = zone.Local(d.From)
	d.Prev, d.Next = zone.DayOf(d.From-1), zone.DayOf(d.To)
	d.First = d.At.AddDate(0, 0, -6).Format(time.DateOnly)
	if d.Week, _, err = zone.DayBounds(d.First); err != nil {
		return d, err
	}
	if d.To > v.view.Now() {
		d.Next = ""
	}
	return d, nil
}

// chosenDay is a counting day, and the week that ends with it.
type chosenDay struct {
	Day, Prev, Next, First string
	At                     time.Time // its beginning, in the regime's zone
	From, To, Week         truce.Instant
}

// week is the address of a list of the week's incidents.
func (d chosenDay) week(path string) string { return address(path, "from", d.First, "to", d.Day) }

// address is a path with a query, the empty values left out.
func address(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// size writes a number of bytes.
func size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%d KiB", (n+512)/1024)
}

// NameOf is the name of a unit, country or place of the base in a language,
// else in English; "" when the base has none of this code. A place is also
// found by the gazetteer's id, such as gn:276781.
func (b *Base) NameOf(code, lang string) string {
	if id, ok := strings.CutPrefix(code, "gn:"); ok {
		code = "GN-" + id
	}
	for _, f := range b.features {
		if f.code == code && code != "" {
			return cmp.Or(f.names[lang], f.names["en"])
		}
	}
	return ""
}

// units are the units of the dossier's own country, by name.
func (b *Base) units(lang string) []Choice {
	var all []Choice
	for _, f := range b.features {
		if f.kind == "unit" && f.own {
			all = append(all, Choice{f.code, cmp.Or(f.names[lang], f.names["en"])})
		}
	}
	slices.SortFunc(all, func(a, b Choice) int { return cmp.Compare(a.Label, b.Label) })
	return all
}

// unitsOf are the codes of a place's units: of a country all of its own, of a
// unit itself.
func (b *Base) unitsOf(code string) []string {
	var all []string
	for _, f := range b.features {
		if f.kind == "unit" && code != "" && (f.code == code || f.own && strings.HasPrefix(f.code, code+"-")) {
			all = append(all, f.code)
		}
	}
	return all
}
