package truce

// Agreement says whether the readings agree on an act, and where they agree
// in the answer alone and not in its reason.
type Agreement struct {
	Agree     bool          `json:"agree"`                // every reading gives the same answer
	Answer    Answer        `json:"answer,omitempty"`     // that they share
	SameTerms bool          `json:"same_terms,omitempty"` // the same terms decide in all
	SameClock bool          `json:"same_clock,omitempty"` // and under the same spans with the same times
	Cite      []TermID      `json:"cite,omitempty"`       // terms that decide in every reading: what a joint text can cite
	Terms     []TermAgrees  `json:"terms,omitempty"`      // term by term, in order of the record
	Members   []MemberAgree `json:"members,omitempty"`    // of a coalition
}

// TermAgrees says whether the readings agree on one term.
type TermAgrees struct {
	Term  TermID `json:"term"`
	Agree bool   `json:"agree"`
}

// MemberAgree says whether the readings agree on one member of a coalition.
type MemberAgree struct {
	Actor ActorID `json:"actor"`
	Agreement
}

// Agree compares the verdicts of several readings on one act. It compares
// answers: readings may agree and yet cite different terms or clocks.
func Agree(verdicts []Verdict) Agreement {
	if len(verdicts) == 0 {
		return Agreement{}
	}
	first := verdicts[0]
	a := Agreement{Agree: true, Answer: first.Answer, SameTerms: true, SameClock: true}
	for _, v := range verdicts[1:] {
		a.Agree = a.Agree && v.Answer == first.Answer
	}
	if !a.Agree {
		a.Answer = ""
	}
	for i, t := range first.Terms {
		same, decides, clock := true, t.Answer == first.Answer, true
		for _, v := range verdicts[1:] {
			o := termOf(v, t.Term)
			same = same && o != nil && o.Answer == t.Answer
			if (o != nil && o.Answer == v.Answer) != (t.Answer == first.Answer) {
				a.SameTerms, decides = false, false
			}
			clock = clock && o != nil && o.Span == t.Span && o.Clock.sameTimes(t.Clock)
		}
		if decides && a.Agree {
			a.Cite = append(a.Cite, t.Term)
		}
		if t.Answer == first.Answer {
			a.SameClock = a.SameClock && clock
		}
		a.Terms = append(a.Terms, TermAgrees{first.Terms[i].Term, same})
	}
	a.SameTerms = a.SameTerms && a.Agree
	a.SameClock = a.SameClock && a.SameTerms
	for _, m := range first.Members {
		var of []Verdict
		for _, v := range verdicts {
			for _, x := range v.Members {
				if x.Actor == m.Actor {
					of = append(of, x)
				}
			}
		}
		a.Members = append(a.Members, MemberAgree{m.Actor, Agree(of)})
	}
	return a
}

func termOf(v Verdict, id TermID) *TermVerdict {
	for i := range v.Terms {
		if v.Terms[i].Term == id {
			return &v.Terms[i]
		}
	}
	return nil
}

func (c SpanClock) sameTimes(o SpanClock) bool {
	return c.Start == o.Start && c.EndFrom == o.EndFrom && c.EndTo == o.EndTo
}
