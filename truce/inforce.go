package truce

// InForce is the answer to one question, asked alike by command, API and page:
// which terms are in force at a time T, under each co-chair's reading, as known
// at an index N, the last entry that counts.
type InForce struct {
	At    Instant        `json:"at"`
	N     int64          `json:"n"`
	Terms []TermStanding `json:"terms"`
	Spans []SpanStanding `json:"spans"` // every claimed span, under its claimant's own clock
}

// InForce returns what is in force at t, as known at n. What the regime took in
// after n does not count.
func (g *Regime) InForce(t Instant, n int64) InForce {
	f := InForce{At: t, N: n, Terms: g.TermsInForce(t, n), Spans: g.Spans(t, n)}
	if f.Terms == nil {
		f.Terms = []TermStanding{}
	}
	if f.Spans == nil {
		f.Spans = []SpanStanding{}
	}
	return f
}
