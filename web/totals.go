package web

import (
	"slices"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// totalled is the toll of a kind over the incidents of a list.
type totalled struct {
	Kind      truce.CasualtyKind `json:"kind"`
	Name      string             `json:"-"`
	Figure    string             `json:"-"`
	Best      string             `json:"-"`
	Incidents int                `json:"incidents"` // that state one
	LeftOut   int                `json:"left_out"`  // whose figure counts others, and is never added
	From      int32              `json:"from"`      // the best total lies from here
	To        int32              `json:"to"`        // to here in nine of ten partitions drawn by the weights
	Span      string             `json:"-"`         // the same in words; empty where nothing is doubtful
	truce.Losses
}

// totals adds up the tolls of incidents whose separateness is itself uncertain:
// low as if all that may be one were one, high as if no doubtful join held, and
// between them where nine of ten partitions drawn by the weights lie.
func (v *visit) totals(all []picture.Incident) []totalled {
	groups, joins := coarsest(all)
	var out []totalled
	for _, kind := range []truce.CasualtyKind{truce.Killed, truce.Wounded} {
		var shares []truce.Share
		keys := map[truce.TollKey]int{}
		for k, i := range all {
			if s, ok := i.Toll(kind); ok {
				s.Incident, s.Coarse = k, groups[k]
				shares = append(shares, s)
				keys[s.TollKey]++
			}
		}
		if len(shares) == 0 {
			continue
		}
		// what most incidents count is what is added up; equals by who came first
		slices.SortStableFunc(shares, func(a, b truce.Share) int { return keys[b.TollKey] - keys[a.TollKey] })
		sum, left := truce.Total(shares)
		t := totalled{Kind: kind, Name: v.t.T("reason." + string(kind)), Incidents: len(shares) - left, LeftOut: left, Losses: sum.Losses}
		high := sum.High
		if sum.OrMore {
			high = truce.Open
		}
		t.Figure = v.figure(sum.Low, high)
		if sum.HasBest {
			t.Best = v.figure(sum.Best, sum.Best)
		}
		t.From, t.To = truce.TotalSpread(shares, joins, spreadSeed)
		if t.From != t.To {
			t.Span = v.figure(t.From, t.To)
		}
		out = append(out, t)
	}
	return out
}

const spreadSeed = 1 // of the partitions that are drawn

// coarsest numbers the incidents so that those which may be one have one
// number, and returns what may make them one. A frozen incident stays as it is.
func coarsest(all []picture.Incident) ([]int, []truce.Join) {
	var joins []truce.Join
	of := map[truce.ClaimRef]int{}
	group := make([]int, len(all))
	for k, i := range all {
		group[k] = k
		for _, c := range i.Claims {
			of[c] = k
		}
	}
	root := func(k int) int {
		for group[k] != k {
			k = group[k]
		}
		return k
	}
	for k, i := range all {
		for n, c := range i.Suggested {
			if other, here := of[c]; here && other != k && !i.Frozen && !all[other].Frozen {
				joins = append(joins, truce.Join{A: k, B: other, At: i.MayBe[n]})
				a, b := root(k), root(other)
				group[max(a, b)] = min(a, b)
			}
		}
	}
	for k := range group {
		group[k] = root(k)
	}
	return group, joins
}

// apiTolls answers the totals over the incidents of a filter.
func (s *site) apiTolls(v *visit) (any, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	whole, err := allIncidents(v.ctx(), v.view, f, maxOnMap)
	if err != nil {
		return nil, err
	}
	return struct {
		Incidents int        `json:"incidents"`
		More      bool       `json:"more"` // than were added up
		Tolls     []totalled `json:"tolls"`
	}{len(whole), len(whole) >= maxOnMap, nonNil(v.totals(whole))}, nil
}
