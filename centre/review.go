package centre

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// reviewed is a claim that people said something of.
type reviewed struct {
	base picture.Claim  // as it came: read by the machine, or entered
	said []verdict      // those in force, in the order of the record
	now  truce.ClaimRef // the row that stands for it; zero while it is rejected
	gone bool           // its report was withdrawn
}

// verdict is what a person said of a claim or of fields of it.
type verdict struct {
	id     truce.StatementID
	index  int64
	office truce.OfficeID
	entry  *truce.ClaimEntry
}

// cause is the statement by which a claim changes. A claim that has changed is
// named by it, since a name that stood for other words is never given again.
type cause struct {
	id     truce.StatementID
	index  int64
	at     truce.Instant
	office truce.OfficeID
}

// takeEntry takes in what a person said of a claim: it wins over what the
// machine reads, now and with any later engine, and over what was said of the
// same fields before. A claim that replaces none is a new one.
func (f *fold) takeEntry(ctx context.Context, by cause, e *truce.ClaimEntry) error {
	root, known, err := f.rootOf(ctx, e)
	if err != nil {
		return err
	}
	if !known {
		if e.Claim == nil || f.book.Gone(e.Report) || f.book.Gone(e.Replaces.Statement) {
			return nil
		}
		row := f.claimRow(truce.ClaimRef{Statement: by.id}, by.index, by.at, by.office, *e.Claim)
		row.Replaced, row.Marking = e.Replaces, f.marking(by.id, e.Marking)
		row.Speaker, row.Lineage = row.Claim.Speaker(string(by.office)), row.Claim.LineageOf(string(by.office))
		return f.takeClaims(ctx, by.index, []picture.Claim{row})
	}
	f.roots[by.id] = root
	r := f.reviews[root]
	if r != nil && r.gone {
		return nil
	}
	if r == nil {
		base, err := f.claim(ctx, root)
		if err != nil {
			return err
		}
		r = &reviewed{base: *base, now: root}
		f.reviews[root] = r
	}
	r.said = append(r.said, verdict{by.id, by.index, by.office, e})
	return f.settle(ctx, by, r)
}

// rootOf finds the claim, as it came, that an entry is about: the one it names,
// the one that what it names had replaced, or, where another engine cut the text
// otherwise, the claim of the report that shares most of its words.
func (f *fold) rootOf(ctx context.Context, e *truce.ClaimEntry) (truce.ClaimRef, bool, error) {
	name := e.Replaces
	if root, ok := f.roots[name.Statement]; ok && name == (truce.ClaimRef{Statement: name.Statement}) {
		return root, true, nil
	}
	if name.IsZero() || f.reviews[name] != nil {
		return name, !name.IsZero(), nil
	}
	if _, err := f.claim(ctx, name); err == nil || truce.KindOf(err) != truce.Unknown {
		return name, err == nil, err
	}
	var best truce.ClaimRef
	most := uint64(0)
	for _, ref := range f.byReport[name.Statement] {
		base, err := f.asItCame(ctx, ref)
		if err != nil {
			return name, false, err
		}
		if e.Machine == nil || !base.Machine {
			continue
		}
		shared := shared(e.Machine.Trigger, base.Claim.Trigger)<<32 + shared(e.Machine.Clause, base.Claim.Clause)
		if shared > most {
			best, most = ref, shared
		}
	}
	return best, most > 0, nil
}

func (f *fold) asItCame(ctx context.Context, ref truce.ClaimRef) (*picture.Claim, error) {
	if r := f.reviews[ref]; r != nil {
		return &r.base, nil
	}
	return f.claim(ctx, ref)
}

// shared is how many bytes two stretches of a text have in common.
func shared(a, b *truce.Span) uint64 {
	if a == nil || b == nil || min(a.End, b.End) <= max(a.Start, b.Start) {
		return 0
	}
	return uint64(min(a.End, b.End) - max(a.Start, b.Start))
}

// settle makes the row of a reviewed claim what people's verdicts make of it.
func (f *fold) settle(ctx context.Context, by cause, r *reviewed) error {
	row, stands := f.standing(r)
	if !r.now.IsZero() {
		old, err := f.claim(ctx, r.now)
		if err != nil {
			return err
		}
		if stands && alike(old.Claim, row.Claim) { // the same words: only who stands behind them changes
			old.Decided, old.Read, old.Machine, old.Rests, old.Moved = row.Decided, row.Read, row.Machine, by.index, false
			f.put(*old)
			old.Moved = true
			return nil
		}
		if err := f.dropClaim(ctx, by.index, r.now); err != nil {
			return err
		}
		r.now = truce.ClaimRef{}
	}
	if !stands {
		return nil
	}
	row.Ref, row.Index, row.Rests, row.Received, row.Office = truce.ClaimRef{Statement: by.id}, by.index, by.index, by.at, by.office
	row.Claim.Ref, row.Incident, row.Link, row.Moved = row.Ref, truce.IncidentID{}, picture.Link{}, false
	row.Replaced, row.Reads = r.base.Ref, r.base.Index
	r.now = row.Ref
	return f.placeClaim(ctx, by.index, &row)
}

// standing is what people's verdicts make of a claim, and whether it stands.
func (f *fold) standing(r *reviewed) (row picture.Claim, stands bool) {
	row, stands = r.base, true
	for _, v := range r.said {
		if v.entry.Claim == nil {
			stands = false
			continue
		}
		if !stands && len(v.entry.Fields) > 0 {
			continue // of a claim that somebody rejected
		}
		was := row.Claim
		row.Claim = v.entry.Over(was)
		if len(v.entry.Fields) == 0 && !v.entry.Accepts {
			row.Machine = false
		}
		row.Decided = decide(row.Decided, was, row.Claim, v)
		stands = true
	}
	row.Claim = f.placed(row.Claim)
	publisher := row.Publisher
	if publisher == "" && len(r.base.Claim.Sources) == 0 {
		publisher = r.base.Speaker
	}
	row.Speaker, row.Lineage = row.Claim.Speaker(publisher), row.Claim.LineageOf(publisher)
	if r.base.Machine && !alike(r.base.Claim, row.Claim) {
		row.Read = &r.base.Claim
	}
	if less := r.base.Coarse; less != nil { // as little as was released of it
		district := func(w truce.Where) bool { return w.Class == string(gazetteer.Adm2) }
		row.Coarse = f.coarse(row.Claim, !slices.ContainsFunc(less.Where, district))
	}
	return row, stands
}

// decide notes who decided the fields that a verdict speaks of. Where somebody of
// another office had decided otherwise, the later stands and that is said.
func decide(before []picture.Decided, was, is truce.Claim, v verdict) []picture.Decided {
	fields := v.entry.Fields
	if len(fields) == 0 {
		fields = slices.DeleteFunc(truce.ClaimFields(), func(f string) bool { return !was.States(f) && !is.States(f) })
	}
	after := slices.Clone(before)
	for _, field := range fields {
		d := picture.Decided{Field: field, How: "fixed", Office: v.office, Index: v.index}
		same := was.SameIn(field, is)
		switch {
		case same:
			d.How = "accepted"
		case !is.States(field):
			d.How = "rejected"
		}
		i := slices.IndexFunc(after, func(x picture.Decided) bool { return x.Field == field })
		if i < 0 {
			after = append(after, d)
			continue
		}
		old := after[i]
		if same {
			d.Against, d.AgainstAt = old.Against, old.AgainstAt
		} else {
			d.Against, d.AgainstAt = old.Office, old.Index
		}
		if d.Against == d.Office { // it has come round
			d.Against, d.AgainstAt = "", 0
		}
		after[i] = d
	}
	return after
}

func alike(a, b truce.Claim) bool {
	one, err := json.Marshal(a)
	two, failed := json.Marshal(b)
	return err == nil && failed == nil && bytes.Equal(one, two)
}

// unsay takes a person's verdict back: what was said before it stands again.
func (f *fold) unsay(ctx context.Context, by cause, id truce.StatementID) error {
	r := f.reviews[f.roots[id]]
	if r == nil || r.gone {
		return nil
	}
	r.said = slices.DeleteFunc(r.said, func(v verdict) bool { return v.id == id })
	return f.settle(ctx, by, r)
}

// rowOf returns the name of the row that stands for a claim as it came, and
// false where none does.
func (f *fold) rowOf(ref truce.ClaimRef) (truce.ClaimRef, bool) {
	if r := f.reviews[ref]; r != nil {
		return r.now, !r.now.IsZero()
	}
	return ref, true
}
