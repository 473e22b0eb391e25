package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/truce"
)

type bulletinsPage struct {
	page
	CutOff string
}

// bulletins lists the days that were closed.
func (s *site) bulletins(v *visit) error {
	p, err := queryBulletins(v)
	if err != nil {
		return err
	}
	return v.show("bulletins", p)
}

func queryBulletins(v *visit) (*bulletinsPage, error) {
	p := &bulletinsPage{page: v.page(), CutOff: v.house.Procedure.CutOff}
	all, err := v.published("")
	if err != nil {
		return nil, err
	}
	t := p.add(&Table{ID: "bulletins", Caption: v.t.T("bulletins.table"), Empty: v.t.T("bulletins.none"), Columns: v.columns("day", "edition", "read", "entries", "data", "statement")})
	for i := len(all) - 1; i >= 0; i-- {
		b := all[i]
		read := Cell{Missing: "not_recorded"}
		if _, ok := b.edition("html", v.t.Code); ok {
			read = Cell{Text: v.t.T("bulletins.read"), Href: b.address("html", v.t.Code), Value: b.address("html", v.t.Code)}
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			{Text: b.body.Day, Href: b.about()}, {Text: b.name(v.t), Value: strconv.Itoa(b.number)}, read, {Text: v.t.Number(b.body.Size)},
			{Text: strings.Join(b.formats(), ", ")}, indexCell(b.index),
		}})
	}
	p.find(v.q.Get("q"))
	return p, nil
}

// published is a bulletin as it was recorded, with its number among those of
// its day.
type published struct {
	body   *truce.Bulletin
	index  int64
	number int
}

// published returns the bulletins of a day, or of all days, in the order of the
// record.
func (v *visit) published(day string) ([]published, error) {
	all, err := v.bodies("bulletin")
	if err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	var out []published
	for _, s := range all {
		b, ok := s.body.(*truce.Bulletin)
		if !ok {
			continue
		}
		numbers[b.Day]++
		if day == "" || b.Day == day {
			out = append(out, published{b, s.Index, numbers[b.Day]})
		}
	}
	return out, nil
}

func (b published) name(t *Tongue) string {
	return t.T("bulletins.edition", "n", b.number, "sort", t.T("bulletin_sort."+b.body.Sort))
}

// edition finds an edition by format and language; one that is in no language
// is found under any.
func (b published) edition(format, lang string) (truce.Edition, bool) {
	for _, e := range b.body.Editions {
		if e.Format == format && (e.Lang == lang || e.Lang == "") {
			return e, true
		}
	}
	return truce.Edition{}, false
}

func (b published) formats() []string {
	var out []string
	for _, e := range b.body.Editions {
		f := e.Format
		if e.Lang != "" {
			f += " (" + e.Lang + ")"
		}
		out = append(out, f)
	}
	return out
}

// address is where a stored edition is served, for ever.
func (b published) address(format, lang string) string {
	return address("/bulletins/"+b.body.Day, "edition", strconv.Itoa(b.number), "lang", lang, "format", pick(format == "html", "", format))
}

// about is the page about a bulletin.
func (b published) about() string {
	return address("/bulletins/"+b.body.Day+"/about", "edition", strconv.Itoa(b.number))
}

// asked finds the bulletin that the address names: its day, and its number
// among those of the day, the newest where none is given.
func (v *visit) asked() (published, error) {
	all, err := v.published(v.r.PathValue("day"))
	if err != nil {
		return published{}, err
	}
	n, err := number(v.q.Get("edition"))
	if err != nil {
		return published{}, err
	}
	if n == 0 {
		n = int64(len(all))
	}
	if n < 1 || n > int64(len(all)) {
		return published{}, &truce.Error{Kind: truce.Unknown, Why: v.t.T("bulletins.no_such")}
	}
	return all[n-1], nil
}

// bulletinBytes serves a stored edition: the bytes that were published, whose
// digest stands in the record. Nothing is rendered again.
func (s *site) bulletinBytes(v *visit) error {
	b, err := v.asked()
	if err != nil {
		return err
	}
	format, lang := v.q.Get("format"), v.q.Get("lang")
	if format == "" {
		format = "html"
	}
	if lang == "" {
		lang = v.t.Code
	}
	e, ok := b.edition(format, lang)
	if !ok && format == "html" {
		e, ok = b.edition(format, "en")
	}
	if !ok {
		return &truce.Error{Kind: truce.Unknown, Field: "format", Why: v.t.T("bulletins.no_format", "list", strings.Join(b.formats(), ", "))}
	}
	bytes, err := s.o.Centre.Record().Blob(v.ctx(), e.Digest)
	if err != nil {
		return err
	}
	v.tlp(truce.Marking(b.body.Audience).TLP())
	h := v.w.Header()
	h.Set("Digest", "sha-256="+e.Digest.String())
	h.Set("Cache-Control", "public, max-age=60")
	if format == "html" {
		h.Set("Content-Security-Policy", "default-src 'none'; style-src "+bulletin.StyleHashOf(bytes)+"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	}
	return v.sendFile(bulletin.MediaType(format), bytes)
}

type bulletinPage struct {
	page
	Day, Edition, Audience string
	From, To, Size         string
	Root                   string
	Statement              Link
	Cite                   string
	Head                   headPart
	Why                    string
	Errata                 Link
	Whole                  bool // every edition is what its digest says
	Newest                 Link // of the day, where this is not it
	Correct                []Field
	Fault                  string
}

// bulletinAbout shows what was published of a day, and whether the stored
// bytes are still what the record says.
func (s *site) bulletinAbout(v *visit) error {
	p, err := queryBulletin(v)
	if err != nil {
		return err
	}
	return v.show("bulletin", p)
}

func queryBulletin(v *visit) (*bulletinPage, error) {
	b, err := v.asked()
	if err != nil {
		return nil, err
	}
	x := b.body
	p := &bulletinPage{
		page: v.page(Link{v.t.T("nav.bulletins"), "/bulletins"}, Link{x.Day, ""}), Day: x.Day, Edition: b.name(v.t), Audience: v.t.T("marking." + x.Audience),
		From: v.moment(v.local(x.From), true), To: v.moment(v.local(x.To), true), Size: v.t.Number(x.Size), Root: x.Root.String(),
		Statement: statementLink(b.index), Why: x.Why, Errata: v.statement(x.Errata), Whole: true,
	}
	t := p.add(&Table{ID: "editions", Caption: v.t.T("bulletins.editions"), Columns: v.columns("format", "lang", "size", "digest", "checked")})
	for _, e := range x.Editions {
		bytes, err := v.s.o.Centre.Record().Blob(v.ctx(), e.Digest)
		checked := v.t.T("bulletins.equal")
		if err != nil || truce.DigestOf(bytes) != e.Digest {
			checked, p.Whole = v.t.T("bulletins.damaged"), false
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			{Text: e.Format, Href: b.address(e.Format, e.Lang)}, {Text: e.Lang}, {Text: size(e.Bytes), Value: strconv.FormatInt(e.Bytes, 10)},
			{Text: e.Digest.String()}, {Text: checked},
		}})
	}
	if e, ok := b.edition("json", ""); ok {
		p.Cite = v.t.T("bulletins.cite", "centre", v.frame.Centre, "day", x.Day, "n", b.number, "index", x.Size, "digest", e.Digest.Short())
	}
	all, err := v.published(x.Day)
	if err != nil {
		return nil, err
	}
	switch newest := all[len(all)-1]; {
	case newest.index != b.index:
		p.Newest = Link{newest.name(v.t), newest.about()}
	case v.mayCorrect() == nil:
		p.Correct = v.correctFields(b, "", "")
	}
	head, _, err := v.s.o.Centre.Record().Checkpoint(v.ctx())
	p.Head = v.head(head)
	return p, err
}

// mayCorrect refuses who may not publish an erratum here: it is the centre's own
// office, at a centre that renders bulletins.
func (v *visit) mayCorrect() error {
	i := slices.IndexFunc(v.house.Offices, func(o truce.Office) bool { return o.Role == truce.Centre })
	if v.s.o.Render == nil || i < 0 || v.me.ID != v.house.Offices[i].ID {
		return &truce.Error{Kind: truce.Forbidden, Why: v.t.T("bulletins.erratum_who")}
	}
	return v.maySay()
}

// correctFields ask what was wrong with a bulletin, which they name.
func (v *visit) correctFields(b published, why, fault string) []Field {
	return []Field{
		{Name: "corrects", Label: v.t.T("bulletins.corrects"), Choices: []Choice{{strconv.FormatInt(b.index, 10), v.t.T("bulletins.of", "day", b.body.Day) + ", " + b.name(v.t)}}, Value: strconv.FormatInt(b.index, 10), Required: true},
		{Name: "why", Label: v.t.T("bulletins.erratum_why"), Hint: v.t.T("bulletins.erratum_hint"), Long: true, Required: true, Value: why, Fault: fault},
	}
}

// correct publishes an erratum to the newest bulletin of a day, which the form
// names: a form sent twice, or made before another erratum, corrects nothing.
func (s *site) correct(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.mayCorrect(); err != nil {
		return err
	}
	b, err := v.asked()
	if err != nil {
		return err
	}
	why := strings.TrimSpace(form.Get("why"))
	switch {
	case form.Get("corrects") != strconv.FormatInt(b.index, 10):
		err = &truce.Error{Kind: truce.Conflict, Field: "corrects", Why: v.t.T("bulletins.erratum_newer")}
	case why == "":
		err = &truce.Error{Kind: truce.Invalid, Field: "why", Why: v.t.T("bulletins.erratum_no_why")}
	default:
		_, err = s.o.Centre.CorrectDay(v.ctx(), b.body.Day, why, s.o.Render)
	}
	if err == nil {
		return v.see("/bulletins/" + b.body.Day + "/about")
	}
	status, kind := statusOf(err)
	if kind == "internal" {
		return err
	}
	p, qerr := queryBulletin(v)
	if qerr != nil {
		return qerr
	}
	p.Fault = problemOf(v.t, err).Detail
	p.Correct = v.correctFields(b, why, pick(why == "", p.Fault, ""))
	return v.s.pages.Render(v.w, status, "bulletin", p)
}
