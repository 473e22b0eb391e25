package centre

import (
	"context"
	"slices"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// ClaimRefs returns the names of the claims that a body carries as entered, by
// their position. Claims that a machine reads from text are not among them.
func ClaimRefs(id truce.StatementID, b truce.Body) []truce.ClaimRef {
	var all []truce.ClaimRef
	switch x := b.(type) {
	case *truce.Report:
		for i, c := range x.Claims {
			all = append(all, truce.ClaimRef{Statement: id, At: uint32(i), Family: c.Event})
		}
	case *truce.Observation:
		all = append(all, truce.ClaimRef{Statement: id, Family: "observed_explosion"})
	case *truce.ClaimEntry:
		all = append(all, truce.ClaimRef{Statement: id})
	}
	return all
}

// claimsOfReport returns a report's claims: those entered with it, else those
// that the machine reads from its text.
func (f *fold) claimsOfReport(r *truce.Report, id truce.StatementID, index int64, at truce.Instant, office truce.OfficeID) []picture.Claim {
	claims, machine := r.Claims, false
	refs := ClaimRefs(id, r)
	if len(claims) == 0 && r.Text != "" {
		machine = true
		date := r.Date
		if date == 0 {
			date = at
		}
		claims = f.o.Extract.Claims(extract.Doc{Text: r.Text, Lang: r.Lang, Date: date, Publisher: r.Publisher})
		refs = machineRefs(id, claims)
	}
	rows := make([]picture.Claim, len(claims))
	for i, c := range claims {
		rows[i] = f.claimRow(refs[i], index, at, office, c)
		rows[i].Publisher, rows[i].URL, rows[i].External, rows[i].Said = r.Publisher, r.URL, r.External, r.Date
		rows[i].Marking, rows[i].Machine, rows[i].Supports = f.marking(id, r.Marking), machine, r.Supports
		rows[i].Speaker, rows[i].Lineage = c.Speaker(r.Publisher), c.LineageOf(r.Publisher)
		if c.Clause != nil && int(c.Clause.End) <= len(r.Text) {
			rows[i].Quote = r.Text[c.Clause.Start:c.Clause.End]
		}
	}
	return rows
}

// machineRefs names the claims that a machine read: by the offset of the
// trigger, the family, and an ordinal among equals.
func machineRefs(id truce.StatementID, claims []truce.Claim) []truce.ClaimRef {
	refs := make([]truce.ClaimRef, len(claims))
	seen := map[truce.ClaimRef]uint8{}
	for i, c := range claims {
		ref := truce.ClaimRef{Statement: id, Family: c.Event}
		if c.Trigger != nil {
			ref.At = c.Trigger.Start
		}
		n := seen[ref]
		seen[ref] = n + 1
		ref.N = n
		refs[i] = ref
	}
	return refs
}

// place completes a place from the gazetteer. A country or a province has no
// point of its own: the area is meant, and its middle would be a lie.
func (f *fold) place(w truce.Where) truce.Where {
	w = f.o.Gazetteer.Fill(w)
	switch gazetteer.Class(w.Class) {
	case gazetteer.Country, gazetteer.Adm1, gazetteer.Adm2, gazetteer.Adm3:
		w.Point, w.RadiusMetres = nil, 0
	default:
	}
	return w
}

// placed completes a claim's places from the gazetteer.
func (f *fold) placed(c truce.Claim) truce.Claim {
	where := make([]truce.Where, len(c.Where))
	for i, w := range c.Where {
		where[i] = f.place(w)
	}
	c.Where = where
	if c.Origin != nil {
		o := f.place(*c.Origin)
		c.Origin = &o
	}
	return c
}

// claimRow completes a claim's places and heads its row.
func (f *fold) claimRow(ref truce.ClaimRef, index int64, at truce.Instant, office truce.OfficeID, c truce.Claim) picture.Claim {
	c = f.placed(c)
	c.Ref = ref
	return picture.Claim{Ref: ref, Index: index, Rests: index, Received: at, Office: office, Claim: c}
}

func (f *fold) claimOfObservation(o *truce.Observation, id truce.StatementID, index int64, at truce.Instant, office truce.OfficeID) picture.Claim {
	row := f.claimRow(ClaimRefs(id, o)[0], index, at, office, o.AsClaim(string(office)))
	row.Speaker, row.Lineage, row.Marking = string(office), string(office), known(o.Marking)
	return row
}

// takeClaims takes new claims in.
func (f *fold) takeClaims(ctx context.Context, index int64, rows []picture.Claim) error {
	for i := range rows {
		f.byReport[rows[i].Ref.Statement] = append(f.byReport[rows[i].Ref.Statement], rows[i].Ref)
		if err := f.placeClaim(ctx, index, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// placeClaim places a claim among the incidents and writes what that changes.
func (f *fold) placeClaim(ctx context.Context, index int64, c *picture.Claim) error {
	f.claims[c.Ref] = c
	ch, err := f.links.Place(item(c))
	if err != nil {
		return err
	}
	if p := ch.Placement; p != nil {
		c.Link.Reasons, c.Link.Placed, c.Link.Moved = bars(p.Reasons()), nil, false
		c.Link.Next, c.Link.NextWhy = p.Next, bars(p.NextWhy)
		if c.Link.NextSum, c.Link.NextN = int64(p.NextSum), int64(p.NextN); p.NextN > 0 {
			c.Link.NextAt = floorMean(c.Link.NextSum, c.Link.NextN)
		}
	}
	if err := f.apply(ctx, index, ch); err != nil {
		return err
	}
	f.suggest(index, c)
	return nil
}

const maxSuggested = 16 // claims that an incident's page offers to take in

// suggest notes on an incident that a claim elsewhere may be of it.
func (f *fold) suggest(index int64, c *picture.Claim) {
	anchor := c.Link.Next
	if len(c.Link.NextWhy) == 0 || len(f.suggested[anchor]) == maxSuggested {
		return
	}
	f.suggested[anchor] = append(f.suggested[anchor], c.Ref)
	in, ok := f.links.Resolve(anchor)
	if !ok || in.Claims == 0 {
		return
	}
	f.mark(index, in, f.conflicts[in.ID])
}

// suggested are claims elsewhere that may be of an incident, and the weight of
// each to it in millibits.
type suggested struct {
	claims  []truce.ClaimRef
	weights []int64
}

// suggestedTo returns the claims elsewhere that may be of an incident, as a
// level of reader sees them, each with its weight.
func (f *fold) suggestedTo(ctx context.Context, in link.Incident, level truce.Marking) (all suggested) {
	for _, name := range append([]truce.IncidentID{in.ID}, in.Aliases...) {
		for _, ref := range f.suggested[name] {
			if c, err := f.claim(ctx, ref); err == nil && levelSees(level, c.Marking) && c.Incident != in.ID && len(all.claims) < maxSuggested {
				all.claims, all.weights = append(all.claims, ref), append(all.weights, c.Link.NextAt)
			}
		}
	}
	return all
}

// bars writes the parts of a weight as rows keep them.
func bars(reasons []link.Reason) []picture.Reason {
	var all []picture.Reason
	for _, r := range reasons {
		all = append(all, picture.Reason{K: r.Field, Level: r.Level, MB: int64(r.Millibit), TF: int64(r.Rarity)})
	}
	return all
}

func floorMean(sum, n int64) int64 {
	q := sum / n
	if sum%n != 0 && sum < 0 {
		q--
	}
	return q
}

// item is a claim as the linker compares it.
func item(c *picture.Claim) link.Item {
	said := c.Said
	if said == 0 {
		said = c.Received
	}
	publisher := c.Publisher
	if publisher == "" {
		publisher = c.Speaker
	}
	it := link.Of(c.Ref, c.Index, said, &c.Claim, publisher)
	it.Text = c.Quote
	switch {
	case !isOccurrence(c.Claim.Event):
		it.Mode = link.Aside
	case c.Supports && it.Mode == link.Opens:
		it.Mode = link.Supports
	}
	return it
}

// isOccurrence reports whether an act is something that happens on the ground
// and can be an incident. Talks, texts, speeches and the course of the truce
// itself are claims, and no incidents.
func isOccurrence(event string) bool {
	for _, root := range []string{"violence", "arrest", "troop_movement", "observed_explosion", "live_fire_training", "aid_blocked", "aid_diverted", "monitor_access_denied"} {
		if taxonomy.Is(event, root) {
			return true
		}
	}
	return false
}

// apply writes what a step of the linker changed: where claims stand, the
// incidents that they make, and the names that lead elsewhere.
func (f *fold) apply(ctx context.Context, index int64, ch link.Change) error {
	for _, r := range ch.Rows {
		c, err := f.claim(ctx, r.Ref)
		if err != nil {
			if truce.KindOf(err) == truce.Unknown {
				continue // it is being taken out
			}
			return err
		}
		c.Rests, c.Incident = index, r.Incident
		c.Link.State, c.Link.Weight, c.Link.N, c.Link.Sum = r.State.String(), int64(r.Weight), int64(r.N), int64(r.Sum)
		c.Link.BoundBy, c.Link.CopyOf, c.Link.Role = r.By, r.CopyOf, string(r.Role)
		explain(&c.Link, r.Reasons)
		if r.Lineage != "" {
			c.Lineage = r.Lineage
		}
		f.put(*c)
		c.Moved = true // from here on only where it stands
	}
	drawn := map[truce.IncidentID]bool{}
	for _, in := range ch.Incidents {
		drawn[in.ID] = true
		f.mark(index, in, ch.Conflicts)
	}
	f.markPartners(index, ch.Incidents, drawn)
	for _, old := range ch.Gone {
		to := picture.Alias{Old: old, Rests: index}
		if in, ok := f.links.Resolve(old); ok && in.Claims > 0 {
			to.New = in.ID
		}
		f.alias(to)
		f.erase(old)
	}
	return nil
}

// explain lays the parts of a newer weight over those of the placement, which
// come back once nothing newer stands.
func explain(l *picture.Link, newer []link.Reason) {
	switch {
	case newer == nil && l.Moved:
		l.Reasons, l.Placed, l.Moved = l.Placed, nil, false
	case newer != nil && !l.Moved:
		l.Placed, l.Moved, l.Reasons = l.Reasons, true, bars(newer)
	case newer != nil:
		l.Reasons = bars(newer)
	}
}

// markPartners marks the incidents at the other end of a response link, which
// shows on both.
func (f *fold) markPartners(index int64, from []link.Incident, drawn map[truce.IncidentID]bool) {
	for _, in := range from {
		for _, r := range in.Responses {
			to, ok := f.links.Resolve(r.To)
			if !ok || drawn[to.ID] {
				continue
			}
			drawn[to.ID] = true
			f.mark(index, to, f.conflicts[to.ID])
		}
	}
}

// mark notes that an incident's rows are to be drawn anew, at the latest when
// the batch ends: most claims of one incident come close together.
func (f *fold) mark(index int64, in link.Incident, conflicts []link.Conflict) {
	if in.Claims == 0 {
		f.alias(picture.Alias{Old: in.ID, Rests: index})
		f.erase(in.ID)
		return
	}
	if !f.known[in.ID] {
		f.known[in.ID] = true
		f.order = append(f.order, in.ID)
	}
	if f.aliased[in.ID] {
		delete(f.aliased, in.ID)
		f.put(picture.NoAlias{Old: in.ID})
	}
	for _, a := range in.Aliases {
		f.alias(picture.Alias{Old: a, New: in.ID, Rests: index})
	}
	delete(f.conflicts, in.ID)
	if len(conflicts) > 0 {
		f.conflicts[in.ID] = conflicts
	}
	if _, ok := f.stale[in.ID]; !ok {
		f.drawing = append(f.drawing, in.ID)
	}
	f.stale[in.ID] = index
}

// alias makes a name lead elsewhere.
func (f *fold) alias(a picture.Alias) {
	f.aliased[a.Old] = true
	f.put(a)
}

// erase takes an incident's rows away at every level.
func (f *fold) erase(id truce.IncidentID) {
	if _, ok := f.stale[id]; ok {
		delete(f.stale, id)
		f.drawing = slices.DeleteFunc(f.drawing, func(x truce.IncidentID) bool { return x == id })
	}
	for _, level := range levels {
		f.put(picture.NoIncident{ID: id, Level: level})
	}
	f.incidents[id] = map[truce.Marking]*picture.Incident{}
}

// dropClaim takes a claim out of the picture.
func (f *fold) dropClaim(ctx context.Context, index int64, ref truce.ClaimRef) error {
	ch, err := f.links.Remove(ref)
	if err != nil {
		return err
	}
	c, err := f.claim(ctx, ref)
	if err != nil {
		return err
	}
	if rest := f.suggested[c.Link.Next]; len(rest) > 0 {
		f.suggested[c.Link.Next] = slices.DeleteFunc(rest, func(r truce.ClaimRef) bool { return r == ref })
	}
	c.Link = picture.Link{State: "removed"}
	delete(f.claims, ref)
	ch.Rows = slices.DeleteFunc(ch.Rows, func(r link.Row) bool { return r.Ref == ref })
	f.put(picture.NoClaim{Ref: ref})
	return f.apply(ctx, index, ch)
}

// marking is who may read the claims of a statement: what a witness told is amber.
func (f *fold) marking(id truce.StatementID, m truce.Marking) truce.Marking {
	if f.book.Told(id) {
		return truce.Amber
	}
	return known(m)
}

// release gives a statement and its claims another marking. One that gives a
// part of place and time alone leaves the statement, whose signed words hold
// all, as it was.
func (f *fold) release(ctx context.Context, index int64, r *truce.Release) error {
	exact := r.Coarsen == "" || r.Coarsen == "exact"
	if exact {
		f.put(picture.Remark{ID: r.Of, Marking: r.Marking})
	}
	var drawn []truce.IncidentID
	for _, came := range f.byReport[r.Of] {
		ref, stands := f.rowOf(came)
		if v := f.reviews[came]; v != nil {
			v.base.Marking, v.base.Coarse = r.Marking, nil
			if !exact {
				v.base.Coarse = f.coarse(v.base.Claim, r.Coarsen == "governorate")
			}
		}
		if !stands {
			continue
		}
		c, err := f.claim(ctx, ref)
		if err != nil {
			return err
		}
		c.Marking, c.Rests, c.Moved, c.Coarse = r.Marking, index, false, nil
		if !exact {
			c.Coarse = f.coarse(c.Claim, r.Coarsen == "governorate")
		}
		f.put(*c)
		c.Moved = true
		if in, ok := f.links.Resolve(ref); ok && !slices.Contains(drawn, in.ID) {
			drawn = append(drawn, in.ID)
			f.mark(index, in, nil)
		}
	}
	return nil
}

// claim returns a claim from memory, or from the picture.
func (f *fold) claim(ctx context.Context, ref truce.ClaimRef) (*picture.Claim, error) {
	if c := f.claims[ref]; c != nil {
		return c, nil
	}
	c, err := f.read.Claim(ctx, ref)
	if err != nil {
		return nil, err
	}
	c.Moved, c.Claim.Ref = true, ref
	f.claims[ref] = &c
	return &c, nil
}

// incidentRows returns an incident's rows as last written.
func (f *fold) incidentRows(ctx context.Context, id truce.IncidentID) (map[truce.Marking]*picture.Incident, error) {
	if rows := f.incidents[id]; rows != nil {
		return rows, nil
	}
	all, err := f.read.IncidentLevels(ctx, id)
	if err != nil {
		return nil, err
	}
	rows := map[truce.Marking]*picture.Incident{}
	for i := range all {
		rows[all[i].Level] = &all[i]
	}
	f.incidents[id] = rows
	return rows, nil
}
