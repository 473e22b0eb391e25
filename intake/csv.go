package intake

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// Mapping says how the columns of an office's table become claims. It is kept
// as a blob, so that the office's next file maps itself and anybody can see
// how; every report made with it names its digest.
type Mapping struct {
	Channel   string       `json:"channel"`                 // as of a report; dataset if empty
	Publisher string       `json:"publisher"`               // whose table it is: the speaker where no column names one
	Encoding  string       `json:"encoding,omitempty"`      // utf-8, utf-16, windows-1251, windows-1256
	Delimiter string       `json:"delimiter,omitempty"`     // one character
	DateOrder string       `json:"date_order,omitempty"`    // dmy or mdy, where a date can be both
	Zone      truce.Zone   `json:"zone"`                    // of all local times in the file
	Box       *Box         `json:"box,omitempty"`           // where points are expected
	Swapped   bool         `json:"swapped,omitempty"`       // the longitude stands where the header says latitude
	Radius    int32        `json:"radius_metres,omitempty"` // of points without a precision
	Columns   []Column     `json:"columns"`
	Terms     []Word       `json:"terms,omitempty"` // the file's words to nodes of the taxonomy
	Digest    truce.Digest `json:"-"`               // of the mapping's own bytes
}

// Column says what a column of the file becomes: id, date, time, lat, lon,
// place, admin1, event, actor, target, object, weapon, killed, wounded, source,
// url, text, or ignore.
type Column struct {
	Column string `json:"column"`
	Field  string `json:"field"`
}

// Word puts a word of the file to a node of the taxonomy or to an actor's id.
type Word struct {
	Word string `json:"word"`
	ID   string `json:"id"`
}

// fieldOf returns what a column becomes, "" if the mapping does not know it.
func (m *Mapping) fieldOf(column string) string {
	for _, c := range m.Columns {
		if c.Column == column {
			return c.Field
		}
	}
	return ""
}

func (m *Mapping) idOf(word string) (string, bool) {
	for _, w := range m.Terms {
		if w.Word == word {
			return w.ID, true
		}
	}
	return "", false
}

// Box is an area between two meridians and two parallels, in 1e-7 degree.
type Box struct {
	West  int32 `json:"west"`
	South int32 `json:"south"`
	East  int32 `json:"east"`
	North int32 `json:"north"`
}

func (b *Box) holds(p truce.Point) bool {
	return b == nil || b.West <= p.Lon && p.Lon <= b.East && b.South <= p.Lat && p.Lat <= b.North
}

// ReadMapping reads a mapping strictly and takes its digest.
func ReadMapping(b []byte, file string) (Mapping, error) {
	var m Mapping
	if err := truce.ReadJSON(b, &m); err != nil {
		return m, at(file, 0, "", err)
	}
	m.Digest = truce.DigestOf(b)
	if err := m.validate(); err != nil {
		return m, at(file, 0, "", err)
	}
	return m, nil
}

// fieldNames are the fields that a column may become, with the names of
// columns by which each is proposed: in English, French, Arabic and Russian,
// and as HXL tags.
var fieldNames = []struct {
	field string
	names []string
}{
	{"id", []string{"id", "event id", "incident id", "ref", "reference", "code", "رقم", "номер", "#event+id", "#meta+id"}},
	{"date", []string{"date", "event date", "day", "jour", "التاريخ", "تاريخ", "дата", "#date", "#date+event"}},
	{"time", []string{"time", "hour", "heure", "الوقت", "الساعة", "время", "#date+time"}},
	{"lat", []string{"lat", "latitude", "y", "خط العرض", "широта", "#geo+lat"}},
	{"lon", []string{"lon", "lng", "long", "longitude", "x", "خط الطول", "долгота", "#geo+lon"}},
	{"place", []string{"place", "location", "town", "village", "lieu", "localité", "المكان", "الموقع", "место", "населенный пункт", "#loc", "#loc+name"}},
	{"admin1", []string{"admin1", "governorate", "province", "region", "gouvernorat", "المحافظة", "محافظة", "провинция", "#adm1", "#adm1+name"}},
	{"event", []string{"event", "event type", "type", "incident type", "act", "النوع", "نوع الحادث", "тип", "событие", "#event", "#event+type"}},
	{"actor", []string{"actor", "perpetrator", "accused", "alleged by", "auteur", "الفاعل", "المتهم", "обвиняемый", "кто", "#actor", "#org+accused"}},
	{"target", []string{"target", "victim", "against", "cible", "الهدف", "الضحية", "цель", "#target"}},
	{"object", []string{"object", "target type", "objet", "объект"}},
	{"weapon", []string{"weapon", "weapon type", "arme", "السلاح", "оружие", "#weapon"}},
	{"killed", []string{"killed", "dead", "deaths", "fatalities", "tués", "morts", "القتلى", "قتلى", "погибшие", "убито", "#affected+killed"}},
	{"wounded", []string{"wounded", "injured", "blessés", "الجرحى", "جرحى", "раненые", "ранено", "#affected+injured"}},
	{"source", []string{"source", "speaker", "source name", "المصدر", "источник", "#meta+source"}},
	{"url", []string{"url", "link", "lien", "الرابط", "ссылка", "#meta+url"}},
	{"text", []string{"text", "notes", "note", "description", "details", "الوصف", "ملاحظات", "описание", "#description", "#event+description"}},
	{"ignore", nil},
}

func knownField(name string) bool {
	for _, f := range fieldNames {
		if f.field == name {
			return true
		}
	}
	return false
}

func (m *Mapping) validate() error {
	if _, ok := encodingNamed(m.Encoding); !ok {
		return &truce.Error{Kind: truce.Invalid, Field: "encoding", Why: "write utf-8, utf-16, windows-1251 or windows-1256"}
	}
	if n := len([]rune(m.Delimiter)); n > 1 {
		return &truce.Error{Kind: truce.Invalid, Field: "delimiter", Why: "a delimiter is one character"}
	}
	if !slices.Contains([]string{"", "dmy", "mdy"}, m.DateOrder) {
		return &truce.Error{Kind: truce.Invalid, Field: "date_order", Why: "write dmy or mdy"}
	}
	if m.Publisher == "" {
		return &truce.Error{Kind: truce.Invalid, Field: "publisher", Why: "say whose table it is: it is the speaker of every row that names none"}
	}
	if err := m.Zone.Validate(); err != nil {
		return &truce.Error{Kind: truce.Invalid, Field: "zone", Why: "a zone is needed once a file, for its local times: " + err.Error()}
	}
	seen := map[string]string{}
	for i, c := range m.Columns {
		at := "columns." + strconv.Itoa(i)
		if !knownField(c.Field) {
			return &truce.Error{Kind: truce.Invalid, Field: at, Why: strconv.Quote(c.Field) + " is no field: write id, date, time, lat, lon, place, admin1, event, actor, target, object, weapon, killed, wounded, source, url, text or ignore"}
		}
		if other, twice := seen[c.Field]; twice && c.Field != "ignore" {
			return &truce.Error{Kind: truce.Invalid, Field: at, Why: strconv.Quote(other) + " is mapped to " + c.Field + " too: map one and ignore the other"}
		}
		seen[c.Field] = c.Column
	}
	if _, ok := seen["date"]; !ok {
		return &truce.Error{Kind: truce.Invalid, Field: "columns", Why: "no column is mapped to date"}
	}
	return nil
}

// CSV reads a table by its mapping, one report a row. A bad row is a *Reject
// and the next one is read; a column that the mapping does not name, or does
// and the file lacks, ends the sequence before its first row.
func CSV(r io.Reader, file string, m Mapping) iter.Seq2[truce.Report, error] {
	return func(yield func(truce.Report, error) bool) {
		if err := m.validate(); err != nil {
			yield(truce.Report{}, at(file, 0, "mapping", err))
			return
		}
		delimiter := rune(0)
		for _, c := range m.Delimiter {
			delimiter = c
		}
		t, err := openTable(r, file, m.Encoding, delimiter)
		if err == nil {
			err = m.knows(t)
		}
		if err != nil {
			yield(truce.Report{}, err)
			return
		}
		for row, err := range t.rows() {
			var report truce.Report
			if err == nil {
				report, err = m.report(t, row)
			} else {
				err = reject(file, row.line, "", row.text(), unlocated(err))
			}
			if !yield(report, err) {
				return
			}
		}
	}
}

// unlocated takes file and line off an error that is located again.
func unlocated(err error) error {
	var e *truce.Error
	if errors.As(err, &e) {
		return &truce.Error{Kind: e.Kind, Why: e.Why}
	}
	return err
}

// knows refuses a file whose columns are not those of the mapping.
func (m *Mapping) knows(t *table) error {
	for _, name := range t.header {
		if name != "" && m.fieldOf(name) == "" {
			return at(t.file, 1, name, invalid("the mapping does not know this column: map it, or map it to ignore"))
		}
	}
	for _, c := range m.Columns {
		if !slices.Contains(t.header, c.Column) && c.Field != "ignore" {
			return at(t.file, 1, c.Column, invalid("the mapping names this column and the file lacks it"))
		}
	}
	return nil
}

// cells returns the fields of a row by what their columns mean.
func (m *Mapping) cells(t *table, r row) (cells, columns map[string]string) {
	cells, columns = map[string]string{}, map[string]string{}
	for i, name := range t.header {
		if f := m.fieldOf(name); f != "" && i < len(r.fields) {
			cells[f], columns[f] = r.fields[i], name
		}
	}
	return cells, columns
}

// report makes one row a report of one claim.
func (m *Mapping) report(t *table, r row) (truce.Report, error) {
	c, columns := m.cells(t, r)
	fail := func(field string, err error) (truce.Report, error) {
		return truce.Report{}, reject(t.file, r.line, columns[field], r.text(), err)
	}
	if len(r.fields) > len(t.header) {
		return fail("", invalid(fmt.Sprintf("%d cells under %d columns: is a delimiter unquoted?", len(r.fields), len(t.header))))
	}
	claim := truce.Claim{Event: "violence_unspecified", Stance: truce.Reported}
	day, err := date(c["date"], m.DateOrder)
	if err != nil {
		return fail("date", err)
	}
	if claim.When, err = dayIn(m.Zone, day, c["time"]); err != nil {
		return fail("time", err)
	}
	claim.When.Wording = strings.TrimSpace(c["date"] + " " + c["time"])
	where, field, err := m.where(c)
	if err != nil {
		return fail(field, err)
	}
	if where.Name != "" || where.Point != nil {
		claim.Where = []truce.Where{where}
	}
	if field, err = m.say(&claim, c); err != nil {
		return fail(field, err)
	}
	report := truce.Report{
		Channel: m.Channel, Publisher: m.Publisher, Text: c["text"], External: c["id"], URL: c["url"],
		Claims: []truce.Claim{claim}, Mapping: m.Digest,
	}
	if report.Channel == "" {
		report.Channel = "dataset"
	}
	if err := report.Validate(); err != nil {
		return fail("", err)
	}
	return report, nil
}

// say fills what was done, by whom, against whom and at what cost.
func (m *Mapping) say(claim *truce.Claim, c map[string]string) (field string, err error) {
	if c["event"] != "" {
		if claim.Event, err = m.term(truce.Acts, c["event"]); err != nil {
			return "event", err
		}
	}
	if c["object"] != "" {
		if claim.Object, err = m.term(truce.Objects, c["object"]); err != nil {
			return "object", err
		}
	}
	if c["weapon"] != "" {
		id, err := m.term(truce.Weapons, c["weapon"])
		if err != nil {
			return "weapon", err
		}
		claim.Weapons = []truce.Ref{{ID: id, Text: c["weapon"]}}
	}
	if c["actor"] != "" {
		claim.Stance, claim.Actors = truce.Alleged, []truce.Ref{m.who(c["actor"])}
	}
	if c["target"] != "" {
		claim.Targets = []truce.Ref{m.who(c["target"])}
	}
	speaker := truce.Ref{ID: m.Publisher}
	if c["source"] != "" {
		speaker = m.who(c["source"])
		if speaker.ID == "unknown" {
			claim.Lineage = slug(c["source"])
		}
	}
	claim.Sources = []truce.Source{{Ref: speaker, Mode: "document"}}
	for _, k := range []struct {
		field string
		kind  truce.CasualtyKind
	}{{"killed", truce.Killed}, {"wounded", truce.Wounded}} {
		if c[k.field] == "" {
			continue
		}
		low, high, qual, err := figure(c[k.field])
		if err != nil {
			return k.field, err
		}
		claim.Casualties = append(claim.Casualties, truce.Casualty{Kind: k.kind, Low: low, High: high, Qual: qual, Text: c[k.field]})
	}
	return "", nil
}

// who names an actor by the mapping's words, else keeps the file's.
func (m *Mapping) who(s string) truce.Ref {
	if id, ok := m.idOf(s); ok {
		return truce.Ref{ID: id, Text: s}
	}
	return truce.Ref{ID: "unknown", Text: s}
}

// term finds a node of the taxonomy by the mapping's words or by its name.
func (m *Mapping) term(kind truce.NodeKind, s string) (string, error) {
	id, ok := m.idOf(s)
	if !ok {
		id = strings.ReplaceAll(slug(s), "-", "_")
	}
	for _, n := range truce.Taxonomy() {
		if n.Name == id && n.Kind == kind {
			return id, nil
		}
	}
	return "", invalid(strconv.Quote(clip(s)) + " is no word of the taxonomy: add it to the mapping's terms")
}

// where reads the place. A point outside the box whose axes fit when swapped
// is refused and said to be so, never swapped in silence.
func (m *Mapping) where(c map[string]string) (truce.Where, string, error) {
	w := truce.Where{Name: c["place"]}
	if w.Name == "" {
		w.Name, w.Class = c["admin1"], "adm1"
	}
	if (c["lat"] == "") != (c["lon"] == "") {
		return w, "lat", invalid("a point has latitude and longitude")
	}
	if c["lat"] == "" {
		return w, "", nil
	}
	lat, lon := c["lat"], c["lon"]
	if m.Swapped {
		lat, lon = lon, lat
	}
	p, field, err := m.point(lat, lon)
	if err != nil {
		return w, field, err
	}
	if !m.Box.holds(p) {
		if m.Box.holds(truce.Point{Lon: p.Lat, Lat: p.Lon}) {
			return w, "lat", invalid(fmt.Sprintf("lat %s, lon %s is outside the box and inside it when swapped: if the columns are swapped, say swapped in the mapping", lat, lon))
		}
		return w, "lat", invalid(fmt.Sprintf("lat %s, lon %s is outside the box of the regime: mend it, or widen the box", lat, lon))
	}
	if !p.Valid() {
		return w, "lat", invalid("a point at 0, 0 is what an empty field becomes: leave both empty")
	}
	w.Point, w.RadiusMetres = &p, m.Radius
	return w, "", nil
}

func (m *Mapping) point(lat, lon string) (p truce.Point, field string, err error) {
	limit := int64(90)
	if m.Box != nil {
		limit = 180 // a swapped pair is told by the box, with both values
	}
	if p.Lat, err = degrees(lat, limit); err != nil {
		return p, "lat", err
	}
	if p.Lon, err = degrees(lon, 180); err != nil {
		return p, "lon", err
	}
	return p, "", nil
}
