package centre

import (
	"context"
	"fmt"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// fold is the follower's memory: everything that the next entry is read
// against. It is owned by whoever holds Centre.mu, is rebuilt from the disk at
// start and after a failed commit, and is at most one batch ahead of it, while
// that is written.
type fold struct {
	o     Options
	book  *truce.Book
	links *link.Linker
	read  *picture.View // the whole picture as committed

	at   picture.Position // worked out, and written but for the last batch
	rows []picture.Row    // of the batch under way

	claims    map[truce.ClaimRef]*picture.Claim                        // recently used; those on the disk may be dropped
	incidents map[truce.IncidentID]map[truce.Marking]*picture.Incident // likewise
	byReport  map[truce.StatementID][]truce.ClaimRef                   // claims that a withdrawal would take along, as they came
	reviews   map[truce.ClaimRef]*reviewed                             // claims that people said something of, by their name as they came
	roots     map[truce.StatementID]truce.ClaimRef                     // what a person said of a claim -> that claim as it came
	order     []truce.IncidentID                                       // every incident there ever was, in order of the record
	known     map[truce.IncidentID]bool
	forgot    bool                                  // an incident that is not in memory may be on the disk
	aliased   map[truce.IncidentID]bool             // names that lead elsewhere
	conflicts map[truce.IncidentID][]link.Conflict  // told on it
	suggested map[truce.IncidentID][]truce.ClaimRef // claims elsewhere that may be of it
	stale     map[truce.IncidentID]int64            // incidents to be drawn, with the index that touched them last
	drawing   []truce.IncidentID                    // the same, in order
	cases     map[truce.IncidentID]docketed
	sides     map[string]truce.OfficeID // speaker -> the co-chair on whose side it is

	lenses   map[truce.OfficeID]*truce.Lens // readings as known at lensesAt
	lensesAt int64

	wants []wanted // cases that a rule asks for
}

// docketed is a case as the incidents need it.
type docketed struct {
	number int
	id     truce.StatementID
}

// maxRemembered is how many claims stay in memory between batches.
const maxRemembered = 200_000

func newFold(o Options, p *picture.Picture) *fold {
	return &fold{
		o: o, book: truce.NewBook(), links: link.New(o.Model),
		read:      p.View(truce.Viewer{Role: truce.Centre}, -1, 0),
		claims:    map[truce.ClaimRef]*picture.Claim{},
		incidents: map[truce.IncidentID]map[truce.Marking]*picture.Incident{},
		known:     map[truce.IncidentID]bool{}, aliased: map[truce.IncidentID]bool{}, conflicts: map[truce.IncidentID][]link.Conflict{}, suggested: map[truce.IncidentID][]truce.ClaimRef{}, stale: map[truce.IncidentID]int64{},
		byReport: map[truce.StatementID][]truce.ClaimRef{}, reviews: map[truce.ClaimRef]*reviewed{}, roots: map[truce.StatementID]truce.ClaimRef{}, cases: map[truce.IncidentID]docketed{}, lenses: map[truce.OfficeID]*truce.Lens{}, lensesAt: -1, sides: map[string]truce.OfficeID{},
	}
}

// full reports whether so much is remembered that it must go once it is on the
// disk.
func (f *fold) full() bool { return len(f.claims) > maxRemembered }

// took says that the batch is handed on to be written, and on the disk if the
// memory is full.
func (f *fold) took(to picture.Position) {
	f.at, f.rows = to, nil
	if f.full() {
		f.forget()
	}
}

// forget lets go of what the disk holds.
func (f *fold) forget() {
	clear(f.claims)
	clear(f.incidents)
	f.forgot = true
}

func (f *fold) put(rows ...picture.Row) { f.rows = append(f.rows, rows...) }

// step folds one entry. What the Book refuses has no effect and keeps a row
// that says why; a kind that this release does not know stops the fold.
func (f *fold) step(ctx context.Context, e record.Entry, said *truce.Said) error {
	at := truce.Instant(e.RecvAt / 1000)
	var err error
	if said == nil {
		if said, err = f.book.Verify(e.Body); truce.KindOf(err) == truce.Unavailable {
			return err
		}
	}
	if err == nil && !adds(said.Statement.Body) {
		if err := f.draw(ctx); err != nil { // by the Book as the claims found it
			return err
		}
	}
	if err == nil {
		err = f.book.Admit(e.Index, at, said)
	}
	if err != nil {
		f.book.Skip()
		f.put(refused(e, err))
		return nil
	}
	row, marking := statementRow(e, said.Statement, said.ID, said.Envelope.Payload), markingOf(said.Statement.Body)
	if tr, is := said.Statement.Body.(*truce.Translation); is { // who may read the words may read them in another language
		if marking, err = f.markingNow(ctx, tr.Of); err != nil {
			return err
		}
	}
	if f.book.Told(said.ID) {
		marking = truce.Amber
	}
	row.Marking = marking
	f.put(row)
	for _, target := range cites(said.Statement.Body) {
		f.put(picture.Cite{Target: target, Index: e.Index, Marking: marking})
	}
	return f.effect(ctx, e, at, said)
}

// adds reports whether a statement only adds claims: the Book then judges after
// it as before.
func adds(b truce.Body) bool {
	switch b.(type) {
	case *truce.Report, *truce.Observation:
		return true
	}
	return false
}

// markingNow returns who may read a statement as of the entry that is folded:
// in the batch under way, else as committed. What is not in the record is amber.
func (f *fold) markingNow(ctx context.Context, id truce.StatementID) (truce.Marking, error) {
	for i := len(f.rows) - 1; i >= 0; i-- {
		switch r := f.rows[i].(type) {
		case picture.Remark:
			if r.ID == id {
				return r.Marking, nil
			}
		case picture.Statement:
			if r.ID == id {
				return r.Marking, nil
			}
		}
	}
	s, err := f.read.StatementByID(ctx, id)
	if truce.KindOf(err) == truce.Unknown {
		return truce.Amber, nil
	}
	return s.Marking, err
}

// refused keeps what was said and why it has no effect.
func refused(e record.Entry, why error) picture.Row {
	row := picture.Statement{Index: e.Index, ID: truce.DigestOf(e.Body), RecvAt: e.RecvAt, Marking: truce.Amber, GoneAt: -1, Refused: why.Error()}
	if env, err := truce.ParseEnvelope(e.Body); err == nil {
		row.Payload = string(env.Payload)
		if s, err := truce.DecodeBody(env.Payload); err == nil {
			full := statementRow(e, s, row.ID, env.Payload)
			full.Refused, full.Marking = row.Refused, truce.Amber
			return full
		}
	}
	return row
}

// effect lets an admitted statement work on the picture.
func (f *fold) effect(ctx context.Context, e record.Entry, at truce.Instant, said *truce.Said) error {
	st := said.Statement
	info, _ := truce.InfoOf(st.Body.Kind())
	switch body := st.Body.(type) {
	case *truce.Founding, *truce.Office, *truce.Policy, *truce.Method, *truce.Procedure:
		f.house(e.Index)
	case *truce.Report:
		return f.takeClaims(ctx, e.Index, f.claimsOfReport(body, said.ID, e.Index, at, st.Office))
	case *truce.Observation:
		return f.takeClaims(ctx, e.Index, []picture.Claim{f.claimOfObservation(body, said.ID, e.Index, at, st.Office)})
	case *truce.ClaimEntry:
		return f.takeEntry(ctx, cause{said.ID, e.Index, at, st.Office}, body)
	case *truce.Same:
		return f.apply(ctx, e.Index, f.links.Decide(link.Decision{ID: said.ID, Index: e.Index, Office: st.Office, Same: true, Claims: body.Claims}))
	case *truce.Different:
		return f.apply(ctx, e.Index, f.links.Decide(link.Decision{ID: said.ID, Index: e.Index, Office: st.Office, Response: body.Response, Claims: body.Claims}))
	case *truce.StatementWithdrawal:
		if err := f.withdraw(ctx, cause{said.ID, e.Index, at, st.Office}, body.Statement); err != nil {
			return err
		}
	case *truce.Erasure:
		if _, report, ok := f.book.SourceOf(body.Pseudonym); ok {
			f.put(picture.Cite{Target: report, Index: e.Index, Marking: truce.Amber})
		}
	case *truce.Release:
		return f.release(ctx, e.Index, body)
	case *truce.Concurrence:
		f.house(e.Index)
	}
	switch info.Group {
	case truce.GroupRegime, truce.GroupTerritory, truce.GroupFounding:
		return f.takeRegime(ctx, e.Index, said)
	case truce.GroupDocket, truce.GroupIntake:
		return f.takeDocket(ctx, e.Index, said)
	case truce.GroupAnalysis, truce.GroupAccess, truce.GroupTalks, truce.GroupPublication:
	}
	return nil
}

// house writes who the centre is.
func (f *fold) house(index int64) {
	founding := f.book.Founding()
	f.put(picture.House{
		Origin: f.book.Origin(), Regime: f.book.Regime(), Mode: f.book.Mode(), Name: founding.Name, About: founding.Regime,
		Offices: f.book.Offices(), Procedure: f.book.Procedure(), Method: f.book.Method(), Policy: f.book.Policy(), Rests: index,
	})
	for _, o := range f.book.Offices() {
		if o.Role == truce.CoChair {
			f.sides[string(o.ID)] = o.ID
			if o.Party != "" {
				f.sides[string(o.Party)] = o.ID
			}
		}
	}
}

// takeRegime, after the Book has taken a statement about the truce in, judges every incident
// anew, since terms and readings reach back.
func (f *fold) takeRegime(ctx context.Context, index int64, said *truce.Said) error {
	if a, ok := said.Statement.Body.(*truce.Actor); ok && a.Side != "" {
		if o, ok := f.sides[string(a.Side)]; ok {
			f.sides[string(a.ID)] = o
		}
	}
	switch said.Statement.Body.(type) {
	case *truce.Founding, *truce.KeyAct, *truce.Policy, *truce.Translation, *truce.Erasure, *truce.Instrument:
		return nil
	}
	return f.reassess(ctx, index)
}

// withdraw undoes a statement of the same office.
func (f *fold) withdraw(ctx context.Context, by cause, id truce.StatementID) error {
	f.put(picture.Gone{ID: id, At: by.index})
	if err := f.apply(ctx, by.index, f.links.Withdraw(id)); err != nil {
		return err
	}
	if err := f.unsay(ctx, by, id); err != nil {
		return err
	}
	refs := f.byReport[id]
	delete(f.byReport, id)
	for _, came := range refs {
		ref, stands := f.rowOf(came)
		if f.reviews[came] != nil {
			f.reviews[came] = &reviewed{gone: true}
		}
		if !stands {
			continue
		}
		if err := f.dropClaim(ctx, by.index, ref); err != nil {
			return err
		}
	}
	return nil
}

// remember takes a committed entry back into memory without writing rows.
func (f *fold) remember(ctx context.Context, e record.Entry, said *truce.Said) error {
	if said == nil || !adds(said.Statement.Body) {
		if err := f.draw(ctx); err != nil {
			return err
		}
	}
	said, err := admit(f.book, e, said)
	if err != nil {
		return nil // refused, as it was then
	}
	// The engines are deterministic: the same steps give the same memory. Only
	// reading text is spared, since the picture holds its claims.
	if err := f.effect(ctx, e, truce.Instant(e.RecvAt/1000), said); err != nil {
		return fmt.Errorf("%s: %w", said.Statement.Body.Kind(), err)
	}
	return nil
}
