package picture

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// View is the picture as one reader may see it, at a time T. It is the only
// way to query. Counts are taken after its filter.
type View struct {
	p      *Picture
	viewer truce.Viewer
	at     int64 // statements at this index and later are not yet known; -1: all are
	now    truce.Instant
}

// View returns what viewer may see at the time now. at limits regime, docket
// and actors to what stood before that index of the record; -1 is all.
func (p *Picture) View(viewer truce.Viewer, at int64, now truce.Instant) *View {
	return &View{p, viewer, at, now}
}

// Viewer returns who reads.
func (v *View) Viewer() truce.Viewer { return v.viewer }

// Now returns the time T that the view is at.
func (v *View) Now() truce.Instant { return v.now }

// Position returns how far the fold has come.
func (v *View) Position(ctx context.Context) (Position, error) { return v.p.Position(ctx) }

// Level returns the level of rows that the viewer reads.
func (v *View) Level() truce.Marking { return v.viewer.Level() }

// sees writes truce.Sees as a WHERE over a column that holds markings.
func (v *View) sees(col string) string {
	switch v.viewer.Level() {
	case truce.Amber:
		return "1 = 1"
	case truce.Green:
		return "(" + col + " IN ('clear', 'green') OR " + col + " = '" + quoted(truce.Amber.For(v.viewer.Office)) + "')"
	case truce.Clear:
	}
	return col + " = 'clear'"
}

// seesStatement is sees over the statements: what a viewer's own office said it
// reads again, and what has opened by now everybody reads.
func (v *View) seesStatement() string {
	cond := "(" + v.sees("marking") + " OR open_at BETWEEN 1 AND " + strconv.FormatInt(int64(v.now), 10)
	if v.viewer.Office != "" {
		cond += " OR office = '" + quoted(truce.Marking(v.viewer.Office)) + "'"
	}
	return cond + ")"
}

// quoted makes a marking safe inside quotes; offices' ids hold no quotes, this
// is the second lock.
func quoted(m truce.Marking) string { return strings.ReplaceAll(string(m), "'", "''") }

// before writes the limit of the index as a WHERE.
func (v *View) before(col string) string {
	if v.at < 0 {
		return "1 = 1"
	}
	return col + " < " + strconv.FormatInt(v.at, 10)
}

func notFound(what string) error {
	return &truce.Error{Kind: truce.Unknown, Why: "no " + what + " of this name that you may read"}
}

// House returns who the centre is.
func (v *View) House(ctx context.Context) (House, error) {
	var h House
	return h, v.one(ctx, "centre", &h, "SELECT doc FROM house")
}

// one reads one JSON document.
func (v *View) one(ctx context.Context, what string, into any, query string, args ...any) error {
	var text string
	err := v.p.read.QueryRowContext(ctx, query, args...).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(what)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return json.Unmarshal([]byte(text), into)
}

// each reads JSON documents, one a row.
func each[T any](ctx context.Context, v *View, query string, args ...any) ([]T, error) {
	rows, err := v.p.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		var x T
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, rows.Err()
}

// MaxPage is the most rows of one page of a list.
const MaxPage = 500

// Filter says which incidents are wanted. Zero fields do not limit.
type Filter struct {
	From, To truce.Instant // the incident begins in [From, To)
	Day      string
	Adm1     truce.PlaceID
	Event    string
	Status   string
	Disagree bool // the readings differ
	OnDocket bool
	Words    string          // all stand in one of its claims
	Point    bool            // has a point
	Box      *[2]truce.Point // lower left, upper right
	After    string          // cursor of the page before
	Limit    int             // 1 to MaxPage; 0 is 100
	Oldest   bool            // oldest first
}

func (v *View) where(f Filter) (string, []any, error) {
	var conds []string
	var args []any
	add := func(cond string, arg ...any) {
		for _, a := range arg {
			args = append(args, a)
			cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(args)+1), 1)
		}
		conds = append(conds, cond)
	}
	if f.From != 0 {
		add("from_at >= ?", int64(f.From))
	}
	if f.To != 0 {
		add("from_at < ?", int64(f.To))
	}
	if f.Day != "" {
		add("day = ?", f.Day)
	}
	if f.Adm1 != "" {
		add("adm1 = ?", string(f.Adm1))
	}
	if f.Event != "" {
		add("event = ?", f.Event)
	}
	if f.Status != "" {
		add("status = ?", f.Status)
	}
	if f.Disagree {
		add("agree = 0")
	}
	if f.OnDocket {
		add("case_no > 0")
	}
	if f.Words != "" {
		match, err := matching(f.Words)
		if err != nil {
			return "", nil, err
		}
		add("id IN (SELECT incident FROM claim WHERE rowid IN (SELECT rowid FROM words WHERE words MATCH ?) AND "+v.sees("marking")+")", match)
	}
	if f.Point || f.Box != nil {
		add("(lon != 0 OR lat != 0)")
	}
	if f.Box != nil {
		add("lon BETWEEN ? AND ?", int64(f.Box[0].Lon), int64(f.Box[1].Lon))
		add("lat BETWEEN ? AND ?", int64(f.Box[0].Lat), int64(f.Box[1].Lat))
	}
	if len(conds) == 0 {
		return "", nil, nil
	}
	return " AND " + strings.Join(conds, " AND "), args, nil
}

// matching writes words as a query of the full text index: all must stand.
func matching(q string) (string, error) {
	var terms []string
	for word := range strings.FieldsSeq(q) {
		terms = append(terms, `"`+strings.ReplaceAll(word, `"`, `""`)+`"`)
	}
	const maxTerms = 16
	if len(terms) == 0 || len(terms) > maxTerms {
		return "", &truce.Error{Kind: truce.Invalid, Field: "q", Why: "write one to sixteen words"}
	}
	return strings.Join(terms, " "), nil
}

// CountIncidents returns how many incidents the filter lets through, whatever
// its page.
func (v *View) CountIncidents(ctx context.Context, f Filter) (int, error) {
	cond, args, err := v.where(f)
	if err != nil {
		return 0, err
	}
	var n int
	err = v.p.read.QueryRowContext(ctx, "SELECT count(*) FROM incident WHERE level <= $1 AND upto >= $1"+cond, append([]any{rank(v.Level())}, args...)...).Scan(&n)
	return n, err
}

// Incidents returns one page of incidents by the time they began, newest
// first, those of unknown time last; and the cursor of the next page, "" at
// the end.
func (v *View) Incidents(ctx context.Context, f Filter) ([]Incident, string, error) {
	limit := f.Limit
	if limit <= 0 || limit > MaxPage {
		limit = 100
	}
	cond, args, err := v.where(f)
	if err != nil {
		return nil, "", err
	}
	args = append([]any{rank(v.Level())}, args...)
	cmp, dir := "<", "DESC"
	if f.Oldest {
		cmp, dir = ">", "ASC"
	}
	if f.After != "" {
		from, idx, at, err := parseCursor(f.After)
		if err != nil {
			return nil, "", err
		}
		n := len(args)
		cond += fmt.Sprintf(" AND (from_at, idx, at) %s ($%d, $%d, $%d)", cmp, n+1, n+2, n+3)
		args = append(args, from, idx, at)
	}
	all, err := each[Incident](ctx, v, fmt.Sprintf("SELECT doc FROM incident WHERE level <= $1 AND upto >= $1%s ORDER BY from_at %s, idx %s, at %s LIMIT %d",
		cond, dir, dir, dir, limit+1), args...)
	if err != nil || len(all) <= limit {
		return all, "", err
	}
	all = all[:limit]
	last := all[limit-1]
	return all, fmt.Sprintf("%d.%d.%d", last.When.From, last.Index, last.ID.At), nil
}

func parseCursor(s string) (from, idx, at int64, err error) {
	if n, err := fmt.Sscanf(s, "%d.%d.%d", &from, &idx, &at); n != 3 || err != nil {
		return 0, 0, 0, &truce.Error{Kind: truce.Invalid, Field: "after", Why: "not a cursor of this list: begin again without it"}
	}
	return from, idx, at, nil
}

// Incident returns an incident by its name or by an older name it had. A
// tombstone is an Unknown error that says so.
func (v *View) Incident(ctx context.Context, id truce.IncidentID) (Incident, error) {
	var i Incident
	err := v.one(ctx, "incident", &i, "SELECT doc FROM incident WHERE id = $1 AND level <= $2 AND upto >= $2", id.String(), rank(v.Level()))
	if truce.KindOf(err) != truce.Unknown {
		return i, err
	}
	var to string
	if v.p.read.QueryRowContext(ctx, "SELECT new FROM alias WHERE old = $1", id.String()).Scan(&to) != nil {
		return i, err
	}
	if to == "" {
		return i, &truce.Error{Kind: truce.Unknown, Why: "all claims of this incident were withdrawn or rejected; its name is kept"}
	}
	next, perr := truce.ParseClaimRef(to)
	if perr != nil {
		return i, perr
	}
	return i, v.one(ctx, "incident", &i, "SELECT doc FROM incident WHERE id = $1 AND level <= $2 AND upto >= $2", next.String(), rank(v.Level()))
}

// IncidentLevels returns an incident's rows for every level of reader; only the
// fold, which reads all, may ask.
func (v *View) IncidentLevels(ctx context.Context, id truce.IncidentID) ([]Incident, error) {
	if v.Level() != truce.Amber {
		return nil, notFound("incident")
	}
	return each[Incident](ctx, v, "SELECT doc FROM incident WHERE id = $1 ORDER BY level", id.String())
}

// IncidentAt returns the incident whose anchor is shown as S INDEX @ AT.
func (v *View) IncidentAt(ctx context.Context, index int64, at uint32) (Incident, error) {
	var ref string
	err := v.p.read.QueryRowContext(ctx, "SELECT ref FROM claim WHERE idx = $1 AND at = $2 AND "+v.sees("marking")+" ORDER BY ref LIMIT 1", index, int64(at)).Scan(&ref)
	if err != nil {
		return Incident{}, notFound("incident")
	}
	c, err := truce.ParseClaimRef(ref)
	if err != nil {
		return Incident{}, err
	}
	i, err := v.Incident(ctx, c)
	if truce.KindOf(err) != truce.Unknown {
		return i, err
	}
	claim, err := v.Claim(ctx, c)
	if err != nil || claim.Incident.IsZero() {
		return Incident{}, notFound("incident")
	}
	return v.Incident(ctx, claim.Incident)
}

// Reassessments returns the changes of verdict on an incident, or, where the
// incident is zero, those that the statement at index made.
func (v *View) Reassessments(ctx context.Context, incident truce.IncidentID, index int64) ([]Reassessed, error) {
	cond, arg := "incident = $2", any(incident.String())
	if incident.IsZero() {
		cond, arg = "idx = $2", index
	}
	rows, err := v.p.read.QueryContext(ctx, "SELECT idx, incident, office, before, after FROM reassessed WHERE level <= $1 AND upto >= $1 AND "+cond+
		" ORDER BY idx, incident, office LIMIT 1000", rank(v.Level()), arg)
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	defer rows.Close()
	var all []Reassessed
	for rows.Next() {
		r := Reassessed{Level: v.Level()}
		var id string
		if err := rows.Scan(&r.Index, &id, &r.Office, &r.Before, &r.After); err != nil {
			return nil, err
		}
		if r.Incident, err = truce.ParseClaimRef(id); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// Changing is a statement about the truce that changed verdicts on older
// incidents, and how many.
type Changing struct {
	Index     int64 `json:"index"`
	Incidents int   `json:"incidents"`
	Verdicts  int   `json:"verdicts"`
}

// Changing returns the statements that changed verdicts, newest first.
func (v *View) Changing(ctx context.Context) ([]Changing, error) {
	rows, err := v.p.read.QueryContext(ctx, "SELECT idx, count(DISTINCT incident), count(*) FROM reassessed WHERE level <= $1 AND upto >= $1 AND "+v.before("idx")+
		" GROUP BY idx ORDER BY idx DESC LIMIT 500", rank(v.Level()))
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	defer rows.Close()
	var all []Changing
	for rows.Next() {
		var c Changing
		if err := rows.Scan(&c.Index, &c.Incidents, &c.Verdicts); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// Claims returns the claims of an incident in the order of the record.
func (v *View) Claims(ctx context.Context, incident truce.IncidentID) ([]Claim, error) {
	return v.claims(ctx, "SELECT doc FROM claim WHERE incident = $1 AND "+v.sees("marking")+" ORDER BY idx, at, ref", incident.String())
}

// ClaimsOf returns the claims that the statement at index carries, and those
// that people made of them.
func (v *View) ClaimsOf(ctx context.Context, index int64) ([]Claim, error) {
	return v.claims(ctx, "SELECT doc FROM claim WHERE (idx = $1 OR (reads > 0 AND reads = $1)) AND "+v.sees("marking")+" ORDER BY at, ref", index)
}

// Claim returns one claim.
func (v *View) Claim(ctx context.Context, ref truce.ClaimRef) (Claim, error) {
	all, err := v.claims(ctx, "SELECT doc FROM claim WHERE ref = $1 AND "+v.sees("marking"), ref.String())
	if err != nil || len(all) == 0 {
		return Claim{}, errors.Join(err, notFound("claim"))
	}
	return all[0], nil
}

// claims reads claims as the viewer's level may read them.
func (v *View) claims(ctx context.Context, query string, args ...any) ([]Claim, error) {
	all, err := each[Claim](ctx, v, query, args...)
	if v.Level() != truce.Amber {
		for i := range all {
			all[i] = *all[i].Coarsened()
		}
	}
	return all, err
}

// Aggregates returns the claims over an area and a period that meet
// [from, to): figures that are never summed with incidents.
func (v *View) Aggregates(ctx context.Context, from, to truce.Instant) ([]Claim, error) {
	return v.claims(ctx, "SELECT doc FROM claim WHERE form = 'aggregate' AND from_at < $1 AND to_at > $2 AND "+v.sees("marking")+
		" ORDER BY idx, at LIMIT 500", int64(to), int64(from))
}

// Search returns claims whose words match all words of q, newest first.
func (v *View) Search(ctx context.Context, q string, limit int) ([]Claim, error) {
	match, err := matching(q)
	if err != nil {
		return nil, err
	}
	if limit <= 0 || limit > MaxPage {
		limit = 50
	}
	return v.claims(ctx, "SELECT doc FROM claim WHERE rowid IN (SELECT rowid FROM words WHERE words MATCH $1 ORDER BY rowid DESC LIMIT 2000) AND "+
		v.sees("marking")+" ORDER BY idx DESC, at LIMIT "+strconv.Itoa(limit), match)
}

const statementCols = "idx, id, kind, grp, office, desk, made_at, recv_at, marking, open_at, refused, gone_at, name, body"

func (v *View) statements(ctx context.Context, cond string, args ...any) ([]Statement, error) {
	rows, err := v.p.read.QueryContext(ctx, "SELECT "+statementCols+" FROM statement WHERE "+v.seesStatement()+" AND "+v.before("idx")+" AND "+cond, args...)
	if err != nil {
		return nil, fmt.Errorf("read statements: %w", err)
	}
	defer rows.Close()
	var all []Statement
	for rows.Next() {
		var s Statement
		var id string
		var made, opens int64
		if err := rows.Scan(&s.Index, &id, &s.Kind, &s.Group, &s.Office, &s.Desk, &made, &s.RecvAt, &s.Marking, &opens, &s.Refused, &s.GoneAt, &s.Name, &s.Payload); err != nil {
			return nil, err
		}
		s.MadeAt = truce.Instant(made)
		if opens != 0 && truce.Instant(opens) <= v.now {
			s.Marking = truce.Clear
		}
		if err := s.ID.UnmarshalText([]byte(id)); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// Statement returns the statement at an index.
func (v *View) Statement(ctx context.Context, index int64) (Statement, error) {
	return v.oneStatement(ctx, "idx = $1", index)
}

// StatementByID returns a statement by its ID.
func (v *View) StatementByID(ctx context.Context, id truce.StatementID) (Statement, error) {
	return v.oneStatement(ctx, "id = $1", id.String())
}

func (v *View) oneStatement(ctx context.Context, cond string, arg any) (Statement, error) {
	all, err := v.statements(ctx, cond, arg)
	if err != nil {
		return Statement{}, err
	}
	if len(all) == 0 {
		return Statement{}, notFound("statement")
	}
	return all[0], nil
}

// StatementFilter says which statements are wanted. Zero fields do not limit.
type StatementFilter struct {
	Kinds    []truce.Kind
	Group    truce.Group
	Office   truce.OfficeID
	Before   int64 // index; 0: from the newest
	Since    int64 // index; this one and later
	From, To truce.Instant
	Standing bool // neither refused nor withdrawn
	Oldest   bool // oldest first; Before is then not used
	Limit    int
}

// Statements returns statements by index, newest first unless asked otherwise.
func (v *View) Statements(ctx context.Context, f StatementFilter) ([]Statement, error) {
	conds := []string{"1 = 1"}
	var args []any
	add := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, strings.Replace(cond, "?", "$"+strconv.Itoa(len(args)), 1))
	}
	if len(f.Kinds) > 0 {
		var in []string
		for _, k := range f.Kinds {
			args = append(args, string(k))
			in = append(in, "$"+strconv.Itoa(len(args)))
		}
		conds = append(conds, "kind IN ("+strings.Join(in, ", ")+")")
	}
	if f.Group != "" {
		add("grp = ?", string(f.Group))
	}
	if f.Office != "" {
		add("office = ?", string(f.Office))
	}
	if f.Before > 0 && !f.Oldest {
		add("idx < ?", f.Before)
	}
	if f.Since > 0 {
		add("idx >= ?", f.Since)
	}
	if f.From != 0 {
		add("recv_at >= ?", int64(f.From)*1000)
	}
	if f.To != 0 {
		add("recv_at < ?", int64(f.To)*1000)
	}
	if f.Standing {
		conds = append(conds, "refused = '' AND gone_at < 0")
	}
	dir := "DESC"
	if f.Oldest {
		dir = "ASC"
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	return v.statements(ctx, strings.Join(conds, " AND ")+" ORDER BY idx "+dir+" LIMIT "+strconv.Itoa(limit), args...)
}

// Filed counts the intake statements that each office had received between two
// instants, whatever the reader may read of them: the quota is the same for all,
// and so is the sight of its use.
func (v *View) Filed(ctx context.Context, from, to truce.Instant) (map[truce.OfficeID]int64, error) {
	rows, err := v.p.read.QueryContext(ctx, "SELECT office, count(*) FROM statement WHERE grp = $1 AND refused = '' AND recv_at >= $2 AND recv_at < $3 GROUP BY office",
		string(truce.GroupIntake), int64(from)*1000, int64(to)*1000)
	if err != nil {
		return nil, fmt.Errorf("count what was filed: %w", err)
	}
	defer rows.Close()
	all := map[truce.OfficeID]int64{}
	for rows.Next() {
		var office truce.OfficeID
		var n int64
		if err := rows.Scan(&office, &n); err != nil {
			return nil, err
		}
		all[office] = n
	}
	return all, rows.Err()
}

// CitedBy returns the statements that name id, in the order of the record.
func (v *View) CitedBy(ctx context.Context, id truce.StatementID) ([]Statement, error) {
	return v.statements(ctx, "idx IN (SELECT idx FROM cite WHERE target = $1) ORDER BY idx LIMIT 500", id.String())
}

// Cites returns the statements that the one at index names, in the order of
// the record.
func (v *View) Cites(ctx context.Context, index int64) ([]Statement, error) {
	return v.statements(ctx, "id IN (SELECT target FROM cite WHERE idx = $1) ORDER BY idx LIMIT 500", index)
}

// Cases returns docket cases by number, those of the given states only if any
// are given.
func (v *View) Cases(ctx context.Context, states ...truce.CaseState) ([]Case, error) {
	cond := ""
	var args []any
	for i, s := range states {
		args = append(args, string(s))
		cond += map[bool]string{true: " AND state IN ($", false: ", $"}[i == 0] + strconv.Itoa(i+1)
	}
	if cond != "" {
		cond += ")"
	}
	return v.cases(ctx, "1 = 1"+cond+" ORDER BY number LIMIT 5000", args...)
}

// CaseNumber returns one case by its number.
func (v *View) CaseNumber(ctx context.Context, number int) (Case, error) {
	all, err := v.cases(ctx, "number = $1", number)
	if err != nil || len(all) == 0 {
		return Case{}, errors.Join(err, notFound("case"))
	}
	return all[0], nil
}

// CaseByID returns one case by the ID of its statement.
func (v *View) CaseByID(ctx context.Context, id truce.StatementID) (Case, error) {
	all, err := v.cases(ctx, "id = $1", id.String())
	if err != nil || len(all) == 0 {
		return Case{}, errors.Join(err, notFound("case"))
	}
	return all[0], nil
}

func (v *View) cases(ctx context.Context, cond string, args ...any) ([]Case, error) {
	rows, err := v.p.read.QueryContext(ctx, "SELECT idx, id, rests, doc FROM docket WHERE "+v.before("idx")+" AND "+cond, args...)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	defer rows.Close()
	var all []Case
	for rows.Next() {
		var c Case
		var id, text string
		if err := rows.Scan(&c.Index, &id, &c.Rests, &text); err != nil {
			return nil, err
		}
		if err := errors.Join(c.ID.UnmarshalText([]byte(id)), json.Unmarshal([]byte(text), &c.File)); err != nil {
			return nil, err
		}
		if v.Level() != truce.Amber {
			c.File = c.File.Public(v.now)
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// Regime returns what was said of the truce before the view's index, for
// truce's own queries: terms in force, spans, readings, statuses.
func (v *View) Regime(ctx context.Context) (*truce.Regime, error) {
	all, err := v.statements(ctx, "(grp = 'regime' OR kind IN ('control', 'statement-withdrawal', 'founding')) AND refused = '' ORDER BY idx")
	if err != nil {
		return nil, err
	}
	r := truce.NewRegime()
	for _, s := range all {
		st, err := truce.DecodeBody([]byte(s.Payload))
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", s.Index, err)
		}
		r.Take(s.Index, s.Received(), s.ID, st.Office, st)
	}
	return r, nil
}

// Told counts what people told the centre, on the telephone or without a name,
// by the counting day on which it came and the first-order unit that it is
// about: days of the zone that ended by now, the last n. It counts what the
// viewer may not read, so no number under k leaves it (truce.Published); and as
// a day that ended gets no more, no two answers differ by one report.
func (v *View) Told(ctx context.Context, z truce.Zone, k, n int) ([]truce.Cell, error) {
	const maxTold = 200_000
	to, _, err := z.DayBounds(z.DayOf(v.now))
	if err != nil {
		return nil, err
	}
	from, _, err := z.DayBounds(z.DayOf(to - truce.Instant(n)*truce.Day))
	if err != nil {
		return nil, err
	}
	rows, err := v.p.read.QueryContext(ctx, `SELECT recv_at, body FROM statement WHERE kind = 'report' AND recv_at >= $1 AND recv_at < $2 AND refused = '' AND
		(json_extract(body, '$.body.channel') IN ('hotline', 'form') OR json_extract(body, '$.body.pseudonym') != '') LIMIT $3`, int64(from)*1000, int64(to)*1000, maxTold)
	if err != nil {
		return nil, fmt.Errorf("count what was told: %w", err)
	}
	defer rows.Close()
	count := map[truce.Cell]int{}
	for rows.Next() {
		var at int64
		var text string
		if err := rows.Scan(&at, &text); err != nil {
			return nil, err
		}
		st, err := truce.DecodeBody([]byte(text))
		if err != nil {
			return nil, err
		}
		cell := truce.Cell{Day: z.DayOf(truce.Instant(at / 1000))}
		if r, ok := st.Body.(*truce.Report); ok && len(r.Claims) > 0 {
			cell.Adm1 = Adm1(r.Claims[0].Place())
		}
		count[cell]++
	}
	cells := make([]truce.Cell, 0, len(count))
	for c, n := range count {
		c.N = n
		cells = append(cells, c)
	}
	return truce.Published(cells, k), rows.Err()
}

// DayCount is the incidents of one counting day, by status.
type DayCount struct {
	Day    string
	Status string
	Adm1   truce.PlaceID
	N      int
}

// Days returns incidents per counting day, first-order unit and status in
// [from, to), days in order.
func (v *View) Days(ctx context.Context, from, to truce.Instant) ([]DayCount, error) {
	rows, err := v.p.read.QueryContext(ctx, `SELECT day, status, adm1, count(*) FROM incident WHERE level <= $1 AND upto >= $1 AND from_at >= $2 AND from_at < $3
		GROUP BY day, status, adm1 ORDER BY day, status, adm1`, rank(v.Level()), int64(from), int64(to))
	if err != nil {
		return nil, fmt.Errorf("count days: %w", err)
	}
	defer rows.Close()
	var all []DayCount
	for rows.Next() {
		var d DayCount
		if err := rows.Scan(&d.Day, &d.Status, &d.Adm1, &d.N); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}
