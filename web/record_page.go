package web

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

type recordPage struct {
	page
	Size, Folded int64
	Root         string
	Signed       headPart
	Joint        headPart
	Fields       []Field
	Pager        Pager
	Origin       string
	Heads        headsPart
}

// headPart is a checkpoint as the page shows it.
type headPart struct {
	Size             int64
	Root             string
	At               time.Time
	Signers, Missing []string
	Note             string
}

func (v *visit) head(h record.Head) headPart {
	if h.Note == nil {
		return headPart{}
	}
	return headPart{h.Size, hex.EncodeToString(h.Root[:]), v.local(truce.Instant(h.SignedAt / 1000)), h.Signers, h.Missing, string(h.Note)}
}

// record shows the head of the record and its latest statements.
func (s *site) record(v *visit) error {
	p, err := queryRecord(v)
	if err != nil {
		return err
	}
	return v.show("record", p)
}

func queryRecord(v *visit) (*recordPage, error) {
	log := v.s.o.Centre.Record()
	p := &recordPage{page: v.page(), Size: log.Size(), Origin: v.house.Origin, Folded: int64(v.frame.Index) + 1}
	root, err := log.Root(v.ctx(), p.Size)
	if err != nil {
		return nil, err
	}
	p.Root = hex.EncodeToString(root[:])
	signed, joint, err := log.Checkpoint(v.ctx())
	if err != nil {
		return nil, err
	}
	p.Signed, p.Joint = v.head(signed), v.head(joint)
	if p.Heads, err = v.heads(); err != nil {
		return nil, err
	}
	p.add(p.Heads.Peers)
	f, err := v.statementFilter()
	if err != nil {
		return nil, err
	}
	all, err := v.view.Statements(v.ctx(), f)
	if err != nil {
		return nil, err
	}
	p.Fields = v.statementFields()
	p.add(v.statementTable("statements", all))
	if len(all) == f.Limit {
		p.Pager.Next = p.With("before", strconv.FormatInt(all[len(all)-1].Index, 10))
	}
	if f.Before > 0 {
		p.Pager.Prev = p.With("before", "")
	}
	return p, nil
}

// statementFilter reads which statements the address asks for.
func (v *visit) statementFilter() (picture.StatementFilter, error) {
	f := picture.StatementFilter{Group: truce.Group(v.q.Get("group")), Office: truce.OfficeID(v.q.Get("office")), Standing: v.q.Get("standing") != ""}
	if k := v.q.Get("kind"); k != "" {
		f.Kinds = []truce.Kind{truce.Kind(k)}
	}
	var err error
	if f.Before, err = number(v.q.Get("before")); err != nil {
		return f, err
	}
	limit, err := number(v.q.Get("limit"))
	f.Limit = int(limit)
	if f.Limit <= 0 || f.Limit > picture.MaxPage {
		f.Limit = pick(v.q.Get("f") == "csv", picture.MaxPage, rowsPerPage)
	}
	return f, err
}

func (v *visit) statementFields() []Field {
	var kinds, offices []Choice
	for _, k := range truce.Kinds() {
		kinds = append(kinds, Choice{string(k.Kind), v.kindName(k.Kind)})
	}
	for _, o := range v.house.Offices {
		offices = append(offices, Choice{string(o.ID), v.officeName(o.ID)})
	}
	t, q := v.t, v.q
	return []Field{
		{Name: "kind", Label: t.T("col.kind"), Value: q.Get("kind"), Choices: kinds},
		{Name: "office", Label: t.T("col.office"), Value: q.Get("office"), Choices: offices},
		{Name: "standing", Label: t.T("record.standing"), Value: q.Get("standing"), Type: "checkbox"},
	}
}

func (v *visit) kindName(k truce.Kind) string { return v.t.T("kind." + string(k)) }

// statementTable lists statements as the log has them.
func (v *visit) statementTable(id string, all []picture.Statement) *Table {
	t := v.t
	table := &Table{ID: id, Quiet: id == "statements", Caption: t.T("record.statements"), Empty: t.T("record.none"), Columns: []Column{
		{Key: "index", Label: t.T("col.statement")}, {Key: "received", Label: t.T("col.received")}, {Key: "kind", Label: t.T("col.kind")},
		{Key: "office", Label: t.T("col.office")}, {Key: "name", Label: t.T("col.name")}, {Key: "state", Label: t.T("col.state")}, {Key: "id", Label: "SHA-256"},
	}}
	for _, s := range all {
		link := linked(statementLink(s.Index))
		link.Value = strconv.FormatInt(s.Index, 10)
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			link, v.instant(s.Received()), {Text: v.kindName(s.Kind), Value: string(s.Kind)}, {Text: v.officeName(s.Office), Value: string(s.Office)},
			{Text: s.Name}, v.statementState(s), {Text: s.ID.Short(), Value: s.ID.String()},
		}})
	}
	return table
}

func (v *visit) statementState(s picture.Statement) Cell {
	switch {
	case s.Refused != "":
		return Cell{Text: v.t.T("record.refused"), Value: "refused"}
	case s.GoneAt >= 0:
		return Cell{Text: v.t.T("record.withdrawn"), Value: "withdrawn"}
	}
	return Cell{Text: v.t.T("record.stands"), Value: "stands"}
}

type statementPage struct {
	page
	Statement     picture.Statement
	Kind, Office  string
	Made          time.Time
	Received      time.Time
	Off           time.Duration // how far the author's time is from the log's
	Body          string        // the statement, indented
	Withdrawn     Link
	Covered       bool // under a checkpoint
	Report        Link
	Claims        []Claim
	Changed       []changed
	Withdraw      bool // the visitor's office may take it back
	MarkingWords  string
	SignedPayload int
	Sides         []sideBySide // texts beside their translations
	Translate     []Field
	Notes         notesPart
}

// maxOff is how far an author's time may be from the log's without a remark.
const maxOff = 10 * time.Minute

// statement shows one statement of the record: its words, who cites it.
func (s *site) statement(v *visit) error {
	x, err := v.statementAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	p, err := queryStatement(v, x)
	if err != nil {
		return err
	}
	return v.show("statement", p)
}

// statementAt finds a statement by its index or its ID.
func (v *visit) statementAt(name string) (picture.Statement, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		return v.view.Statement(v.ctx(), n)
	}
	var id truce.StatementID
	if err := id.UnmarshalText([]byte(name)); err != nil {
		return picture.Statement{}, err
	}
	return v.view.StatementByID(v.ctx(), id)
}

func queryStatement(v *visit, x picture.Statement) (*statementPage, error) {
	l := statementLink(x.Index)
	p := &statementPage{
		page: v.page(Link{v.t.T("nav.record"), "/record"}, Link{l.Label, ""}), Statement: x, Kind: v.kindName(x.Kind), Office: v.officeName(x.Office),
		Made: v.local(x.MadeAt), Received: v.local(x.Received()), Body: indent(x.Payload), MarkingWords: v.t.T("marking." + string(x.Marking.Level())),
		Withdraw: v.me.ID == x.Office && x.GoneAt < 0 && x.Refused == "" && !slices.Contains([]truce.Kind{"founding", "concurrence", "statement-withdrawal", "key"}, x.Kind),
	}
	if off := p.Made.Sub(p.Received).Abs(); off > maxOff {
		p.Off = off
	}
	if x.GoneAt >= 0 {
		p.Withdrawn = statementLink(x.GoneAt)
	}
	if x.Kind == "report" {
		p.Report = Link{l.Label, "/intake/" + strconv.FormatInt(x.Index, 10)}
	}
	head, _, err := v.s.o.Centre.Record().Checkpoint(v.ctx())
	if err != nil {
		return nil, err
	}
	p.Covered = head.Size > x.Index
	claims, err := v.view.ClaimsOf(v.ctx(), x.Index)
	if err != nil {
		return nil, err
	}
	for _, c := range claims {
		p.Claims = append(p.Claims, v.claimCard(c))
	}
	by, err := v.view.CitedBy(v.ctx(), x.ID)
	if err != nil {
		return nil, err
	}
	if p.Sides, err = v.translations(x, by); err != nil {
		return nil, err
	}
	p.Translate = v.translationFields(x)
	cites, err := v.view.Cites(v.ctx(), x.Index)
	if err != nil {
		return nil, err
	}
	t := p.add(v.statementTable("cited-by", by))
	t.Caption, t.Empty = v.t.T("record.cited_by"), v.t.T("record.cited_by_none")
	t = p.add(v.statementTable("cites", cites))
	t.Caption, t.Empty = v.t.T("record.cites"), v.t.T("record.cites_none")
	if p.Changed, err = v.changedVerdicts(truce.IncidentID{}, x.Index); err != nil {
		return nil, err
	}
	p.Notes, err = v.notes(&p.page, "S"+strconv.FormatInt(x.Index, 10))
	return p, err
}

func indent(s string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(s), "", "  ") != nil {
		return s
	}
	return b.String()
}

// withdraw takes a statement of the visitor's own office back.
func (s *site) withdraw(v *visit) error {
	x, err := v.statementAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	if _, err := v.say(&truce.StatementWithdrawal{Statement: x.ID, Why: form.Get("why")}); err != nil {
		return err
	}
	return v.see(statementLink(x.Index).Href)
}

// maySay refuses a visitor who acts as no office, or may only read.
func (v *visit) maySay() error {
	why := ""
	switch {
	case v.me.ID == "" && v.s.o.Demo != nil:
		why = "problem_why.no_office"
	case v.me.ID == "":
		why = "problem_why.log_in"
	case v.who.May != MaySay:
		why = "problem_why.read_only"
	default:
		return nil
	}
	return &truce.Error{Kind: truce.Forbidden, Why: v.t.T(why)}
}

// say signs a statement for the office that the visitor acts as, submits it,
// and waits until the picture shows it. What binds an office is said this way
// in a demonstration alone.
func (v *visit) say(body truce.Body) (record.Receipt, error) {
	if err := v.maySay(); err != nil {
		return record.Receipt{}, err
	}
	if info, _ := truce.InfoOf(body.Kind()); info.Binding && v.s.o.Demo == nil {
		return record.Receipt{}, &truce.Error{Kind: truce.Forbidden, Why: v.t.T("problem_why.binding")}
	}
	r, err := v.s.o.Centre.Say(v.ctx(), v.me.ID, v.who.Name, body)
	if err != nil {
		return r, err
	}
	return r, v.s.o.Centre.CatchUp(v.ctx())
}

// proof gives the text of the proof that a statement is under the newest
// checkpoint: any C2SP tool can check it offline.
func (s *site) proof(v *visit) error {
	x, err := v.statementAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	text, err := s.o.Centre.Record().Prove(v.ctx(), x.Index, 0)
	if errors.Is(err, record.ErrNotFound) {
		return &truce.Error{Kind: truce.Unavailable, Why: v.t.T("problem_why.no_checkpoint")}
	}
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Disposition", `attachment; filename="S`+strconv.FormatInt(x.Index, 10)+`.tlog-proof"`)
	return v.sendFile("text/plain; charset=utf-8", text)
}

// envelope gives the exact bytes that were signed.
func (s *site) envelope(v *visit) error {
	x, err := v.statementAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	for e, err := range s.o.Centre.Record().Entries(v.ctx(), x.Index) {
		if err != nil {
			return err
		}
		return v.sendFile("application/json", e.Body)
	}
	return &truce.Error{Kind: truce.Unknown, Why: "no such entry"}
}

func (v *visit) sendFile(kind string, b []byte) error {
	v.w.Header().Set("Content-Type", kind)
	v.w.Header().Set("ETag", etag(b))
	_, err := v.w.Write(b)
	return err
}

// tile serves the record's public files: checkpoints and hash tiles are for
// all, bundles of entries for those who read everything.
func (s *site) tile(v *visit) error {
	path := strings.TrimPrefix(v.r.URL.Path, "/")
	if strings.HasPrefix(path, "tile/entries/") && !v.readsAll() {
		return &truce.Error{Kind: truce.Forbidden, Why: v.t.T("problem_why.bundles")}
	}
	v.tlp(pick(strings.HasPrefix(path, "tile/entries/"), truce.TLPAmber, truce.TLPClear))
	b, err := s.o.Centre.Record().Tile(v.ctx(), path)
	if err != nil {
		return err
	}
	kind := "application/octet-stream"
	v.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if strings.HasPrefix(path, "checkpoint") {
		kind = "text/plain; charset=utf-8"
		v.w.Header().Set("Cache-Control", "public, max-age=2")
	}
	if strings.HasPrefix(path, "tile/entries/") {
		v.w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	return v.sendFile(kind, b)
}
