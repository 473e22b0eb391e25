package extract

import (
	"github.com/marchday/marchday/truce"
)

// Document is the published form of what a text claims: section by section it
// is what `marchday extract` prints.
type Document struct {
	DocID        string      `json:"doc_id"`
	TextFile     string      `json:"text_file"`
	Language     string      `json:"language"`
	Publisher    string      `json:"publisher"`
	DocumentDate *string     `json:"document_date"`
	Bytes        int         `json:"bytes"`
	Engine       string      `json:"engine"`
	Dictionary   string      `json:"dictionary"`
	Notice       string      `json:"notice,omitempty"`
	Claims       []jsonClaim `json:"claims"`
}

type jsonSpan struct {
	Start uint32 `json:"start"`
	End   uint32 `json:"end"`
	Text  string `json:"text"`
}

type jsonRef struct {
	ID   string    `json:"id"`
	Span *jsonSpan `json:"span"`
}

type jsonSource struct {
	ID   string    `json:"id"`
	Span *jsonSpan `json:"span"`
	Verb string    `json:"verb"`
	Mode string    `json:"mode"`
}

type jsonPlace struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Country   string     `json:"country"`
	Admin1    string     `json:"admin1"`
	Admin1P   string     `json:"admin1_pcode"`
	Lon       *jsonCoord `json:"lon"` // null where no point is known
	Lat       *jsonCoord `json:"lat"`
	Precision string     `json:"precision"`
	Span      *jsonSpan  `json:"span"`
}

// jsonCoord writes 1e-7 degree as decimal degrees, exactly.
type jsonCoord int32

// MarshalJSON implements json.Marshaler.
func (c jsonCoord) MarshalJSON() ([]byte, error) { return []byte(decimal(int64(c))), nil }

type jsonDate struct {
	Start     *string   `json:"start"`
	End       *string   `json:"end"`
	Kind      string    `json:"kind"`
	Precision string    `json:"precision"`
	Span      *jsonSpan `json:"span"`
}

type jsonToll struct {
	Kind string    `json:"kind"`
	Low  *int32    `json:"low"`
	High *int32    `json:"high"`
	Who  string    `json:"who"`
	Part bool      `json:"part,omitempty"`
	Span *jsonSpan `json:"span"`
}

type jsonClaim struct {
	ID          string       `json:"id"`
	Event       string       `json:"event"`
	Plover      string       `json:"plover"`
	Cameo       string       `json:"cameo"`
	Stance      string       `json:"stance"`
	ClaimSpan   *jsonSpan    `json:"claim_span"`
	Trigger     *jsonSpan    `json:"trigger"`
	Source      []jsonSource `json:"source"`
	Actors      []jsonRef    `json:"actors"`
	Targets     []jsonRef    `json:"targets"`
	Places      []jsonPlace  `json:"places"`
	Date        *jsonDate    `json:"date"`
	Casualties  []jsonToll   `json:"casualties"`
	Weapons     []jsonRef    `json:"weapons"`
	SameAs      string       `json:"same_as,omitempty"`
	CausedBy    string       `json:"caused_by,omitempty"`
	CitedBy     string       `json:"cited_by,omitempty"`
	Trend       string       `json:"trend,omitempty"`
	CrossBorder bool         `json:"cross_border,omitempty"`
	Reciprocal  bool         `json:"reciprocal,omitempty"`
	Count       int32        `json:"count,omitempty"`
	Modality    string       `json:"modality,omitempty"`
	Background  bool         `json:"background,omitempty"`
	PlaceRoles  []string     `json:"place_roles,omitempty"`
	Confidence  int32        `json:"confidence"`
	Rules       []string     `json:"rules,omitempty"`
}

// Document reads a text and returns what it claims in the published form.
// file is the name of the text; explain adds the rules that filled each claim.
func (e *Engine) Document(d Doc, file string, explain bool) Document {
	lang := d.Lang
	if lang == "" {
		lang = e.Language(d.Text)
	}
	out := Document{DocID: d.ID, TextFile: file, Language: lang, Publisher: e.PublisherID(d.Publisher), Bytes: len(d.Text), Engine: Version, Dictionary: e.Digest().String(), Claims: []jsonClaim{}}
	w := e.pool.Get().(*work)
	defer e.pool.Put(w)
	if !w.begin(e, d) {
		out.Notice = w.notice()
		out.DocumentDate = isoDay(e.dayOf(d.Date))
		return out
	}
	w.read()
	out.DocumentDate = isoDay(w.t.date)
	if w.t.date == noDay {
		out.Notice = "no date in the text and none given: relative times stay open"
	}
	for _, c := range w.t.finish() {
		out.Claims = append(out.Claims, e.publish(c, d.Text, explain))
	}
	return out
}

// notice says why a text could not be read.
func (w *work) notice() string {
	switch {
	case w.t.l == nil || len(w.t.l.frames) == 0:
		return "no dictionary for this language: no claims"
	case len(w.t.doc.Text) > maxText:
		return "the text is over the limit of 64 MiB: split it"
	}
	return "no content"
}

// PublisherID returns the id of a publisher given by name or id; "unknown"
// where none is given. A name that no dictionary has becomes media:slug.
func (e *Engine) PublisherID(s string) string {
	if s == "" || s == unknownID {
		return unknownID
	}
	if _, ok := cutKind(s); ok {
		return s
	}
	w := &work{}
	for _, code := range e.dict.codes() {
		if !w.prepare(e, e.dict.langs[code], Doc{Text: s}) {
			continue
		}
		for _, m := range w.t.ments {
			if m.cat == catActor && m.i == 0 && m.j == len(w.t.toks) {
				return e.dict.actors[m.ref].id
			}
		}
	}
	return "media:" + slug(s)
}

// cutKind reports whether s is already an id such as media:wire.
func cutKind(s string) (string, bool) {
	for i := range len(s) {
		if s[i] == ':' {
			return s[:i], i > 0 && i+1 < len(s)
		}
		if s[i] < 'a' || s[i] > 'z' {
			return "", false
		}
	}
	return "", false
}

func isoDay(d day) *string {
	if d == noDay {
		return nil
	}
	s := d.String()
	return &s
}

func spanOf(s *truce.Span, text string) *jsonSpan {
	if s == nil || s.End > uint32(len(text)) || s.Start >= s.End {
		return nil
	}
	return &jsonSpan{Start: s.Start, End: s.End, Text: text[s.Start:s.End]}
}

func refsOf(refs []truce.Ref, text string) []jsonRef {
	out := []jsonRef{}
	for _, r := range refs {
		out = append(out, jsonRef{ID: r.ID, Span: spanOf(r.Span, text)})
	}
	return out
}

// publish writes one claim in the published form.
func (e *Engine) publish(c truce.Claim, text string, explain bool) jsonClaim {
	out := jsonClaim{
		ID: c.ID, Event: c.Event, Plover: c.Plover, Cameo: c.Cameo, Stance: string(c.Stance), ClaimSpan: spanOf(c.Clause, text), Trigger: spanOf(c.Trigger, text),
		Source: []jsonSource{}, Actors: refsOf(c.Actors, text), Targets: refsOf(c.Targets, text), Weapons: refsOf(c.Weapons, text), Places: []jsonPlace{}, Casualties: []jsonToll{},
		SameAs: c.SameAs, CausedBy: c.CausedBy, CitedBy: c.CitedBy, Trend: c.Trend, CrossBorder: c.Crosses, Reciprocal: c.Reciprocal, Count: c.Count, Modality: c.Modality,
		Background: c.Form == truce.Background, Confidence: c.Confidence,
	}
	for _, s := range c.Sources {
		out.Source = append(out.Source, jsonSource{ID: s.ID, Span: spanOf(s.Span, text), Verb: s.Verb, Mode: s.Mode})
	}
	e.publishPlaces(&out, c, text)
	if c.When.Kind != "" {
		lo, hi := e.days(c.When)
		out.Date = &jsonDate{Start: orNil(lo), End: orNil(hi), Kind: c.When.Kind, Precision: string(c.When.Precision), Span: spanOf(c.When.Span, text)}
	}
	for _, k := range c.Casualties {
		out.Casualties = append(out.Casualties, jsonToll{Kind: string(k.Kind), Low: orOpen(k.Low), High: orOpen(k.High), Who: k.Who, Part: k.Part, Span: spanOf(k.Span, text)})
	}
	if explain {
		out.Rules = c.Rules
	}
	return out
}

// publishPlaces writes the best candidate of every place.
func (e *Engine) publishPlaces(out *jsonClaim, c truce.Claim, text string) {
	seen := map[truce.Span]bool{}
	roles := false
	for _, w := range c.Where {
		if w.Span != nil {
			if seen[*w.Span] {
				continue
			}
			seen[*w.Span] = true
		} else if len(seen) == 0 && len(out.Places) > 0 {
			continue
		}
		p := jsonPlace{ID: string(w.Place), Name: w.Name, Precision: e.precision(w), Span: spanOf(w.Span, text)}
		if held, ok := e.places.Place(w.Place); ok {
			p.Country = held.Country
			if w.Span == nil || !latinText(w.Name) {
				p.Name = held.Name("en")
			}
		}
		if w.Point != nil {
			lon, lat := jsonCoord(w.Point.Lon), jsonCoord(w.Point.Lat)
			p.Lon, p.Lat = &lon, &lat
		}
		p.Admin1, p.Admin1P = e.admin1(w)
		out.Places = append(out.Places, p)
		out.PlaceRoles = append(out.PlaceRoles, w.Role)
		roles = roles || w.Role != ""
	}
	if !roles {
		out.PlaceRoles = nil
	}
}

// latinText reports whether a name as worded is in Latin letters.
func latinText(s string) bool {
	for _, r := range s {
		if r >= 0x0370 {
			return false
		}
	}
	return s != ""
}

// precision is the class of a place as the output spells it.
func (e *Engine) precision(w truce.Where) string {
	if p, ok := e.places.Place(w.Place); ok {
		return p.Class.Precision()
	}
	return w.Class
}

// admin1 names the first-level unit that holds a place, with its p-code where
// the code is one.
func (e *Engine) admin1(w truce.Where) (name, pcode string) {
	for _, id := range append([]truce.PlaceID{w.Place}, w.Within...) {
		p, ok := e.places.Place(id)
		if !ok || p.Class != "adm1" {
			continue
		}
		code := string(id)
		if len(code) > 2 && code[:2] == p.Country && code[2] != '-' {
			pcode = code
		}
		return p.Name("en"), pcode
	}
	return "", ""
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orOpen(n int32) *int32 {
	if n == truce.Open {
		return nil
	}
	return &n
}

// decimal writes 1e-7 units as a decimal number without zeros at its end.
func decimal(n int64) string {
	neg := n < 0
	if neg {
		n = -n
	}
	var b [24]byte
	i := len(b)
	started := false
	for k := 0; k < 7 || n > 0 || k == 7; k++ {
		if k == 7 {
			if started {
				i--
				b[i] = '.'
			}
			started = true
		}
		d := byte(n % 10)
		n /= 10
		if d != 0 || started {
			started = true
			i--
			b[i] = '0' + d
		}
	}
	if neg {
		i--
		b[i] = '-'
	}
	return string(b[i:])
}
