package web

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// change is one statement of the feed, with what it did to older ones: whom
// it cites, and whose verdicts it changed.
type change struct {
	Index      int64               `json:"index"`
	ID         truce.StatementID   `json:"id"`
	Kind       truce.Kind          `json:"kind"`
	Received   truce.Instant       `json:"received"`
	Refused    bool                `json:"refused,omitempty"`
	Withdrawn  int64               `json:"withdrawn_at,omitempty"` // index of the statement that took it back
	Cites      []truce.StatementID `json:"cites,omitempty"`
	Reassessed []reassessed        `json:"reassessed,omitempty"`
}

type reassessed struct {
	Incident truce.IncidentID `json:"incident"`
	Office   truce.OfficeID   `json:"office"`
	Before   truce.Answer     `json:"before"`
	After    truce.Answer     `json:"after"`
}

// apiChanges is every statement after ?after=, in the order of the record. A
// reader that keeps the last index misses nothing.
func (s *site) apiChanges(v *visit) (any, error) {
	after := int64(-1)
	if q := v.q.Get("after"); q != "" {
		n, err := number(q)
		if err != nil {
			return nil, err
		}
		after = n
	}
	all, err := v.view.Statements(v.ctx(), picture.StatementFilter{Since: after + 1, Oldest: true, Limit: picture.MaxPage})
	if err != nil {
		return nil, err
	}
	out := make([]change, 0, len(all))
	for _, x := range all {
		c, err := v.change(x)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	next := ""
	if len(all) == picture.MaxPage {
		next = strconv.FormatInt(all[len(all)-1].Index, 10)
	}
	return v.list(out, next), nil
}

func (v *visit) change(x picture.Statement) (change, error) {
	c := change{Index: x.Index, ID: x.ID, Kind: x.Kind, Received: x.Received(), Refused: x.Refused != "", Withdrawn: max(x.GoneAt, 0)}
	cited, err := v.view.Cites(v.ctx(), x.Index)
	if err != nil {
		return c, err
	}
	for _, y := range cited {
		c.Cites = append(c.Cites, y.ID)
	}
	changed, err := v.view.Reassessments(v.ctx(), truce.IncidentID{}, x.Index)
	for _, r := range changed {
		c.Reassessed = append(c.Reassessed, reassessed{r.Incident, r.Office, r.Before, r.After})
	}
	return c, err
}

// dayCounts are the incidents of one counting day in one unit, by status, with
// the claims by whose side they were told. Watched is null where no watch was
// recorded: then a missing row is no data, not zero.
type dayCounts struct {
	Day       string                 `json:"day"`
	Adm1      truce.PlaceID          `json:"adm1"`
	Incidents int                    `json:"incidents"`
	Status    map[string]int         `json:"status"`
	ClaimedBy map[truce.OfficeID]int `json:"claimed_by"`
}

// apiCounts counts the incidents that the filter of the address lets through,
// per day and unit.
func (s *site) apiCounts(v *visit) (any, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	type cell struct {
		day  string
		adm1 truce.PlaceID
	}
	of := map[cell]*dayCounts{}
	err = eachIncident(v.ctx(), v.view, f, func(i picture.Incident) error {
		at := cell{i.Day, picture.Adm1(i.Where)}
		r := of[at]
		if r == nil {
			r = &dayCounts{Day: at.day, Adm1: at.adm1, Status: map[string]int{}, ClaimedBy: map[truce.OfficeID]int{}}
			of[at] = r
		}
		r.Incidents++
		r.Status[i.Status]++
		for o, n := range i.ClaimedBy {
			r.ClaimedBy[cmp.Or(o, "others")] += n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows := slices.Collect(maps.Values(of))
	slices.SortStableFunc(rows, func(a, b *dayCounts) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Adm1, b.Adm1)) })
	watches, err := v.bodies("watch")
	return struct {
		Watched *int `json:"watches"` // how many watches the record has; null is not recorded
		list
	}{pick(len(watches) == 0, nil, new(len(watches))), v.list(nonNil(rows), "")}, err
}

// apiCases lists the cases as the reader may read them.
func (s *site) apiCases(v *visit) (any, error) {
	all, err := v.view.Cases(v.ctx())
	if err != nil {
		return nil, err
	}
	files := []truce.CaseFile{}
	for _, c := range all {
		if v.wanted(c.File, v.q.Get("state")) {
			files = append(files, c.File)
		}
	}
	return v.list(files, ""), nil
}
