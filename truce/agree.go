package truce

import "slices"

// Agreement says whether the readings give the same answers on an incident.
type Agreement struct {
	Agree  bool      // every act has one answer under all readings
	Basis  bool      // and rests on the same terms and clocks
	Differ []ActorID // actors on whose act the readings differ; "" is nobody alleged
}

// Agree compares the verdicts of all offices on the acts of one incident.
// Verdicts of one actor are compared with one another; of a coalition, member
// by member. No verdicts agree.
func Agree(verdicts []Verdict) Agreement {
	a := Agreement{Agree: true, Basis: true}
	first := map[ActorID]*Verdict{}
	for i := range verdicts {
		v := &verdicts[i]
		one, seen := first[v.Actor]
		if !seen {
			first[v.Actor] = v
			continue
		}
		if !sameAnswers(one, v) {
			a.Agree, a.Basis = false, false
			if !slices.Contains(a.Differ, v.Actor) {
				a.Differ = append(a.Differ, v.Actor)
			}
		} else if !sameBasis(one, v) {
			a.Basis = false
		}
	}
	return a
}

func sameAnswers(a, b *Verdict) bool {
	return a.Answer == b.Answer && slices.EqualFunc(a.Members, b.Members, func(x, y Verdict) bool {
		return x.Actor == y.Actor && sameAnswers(&x, &y)
	})
}

// sameBasis reports whether two equal verdicts were decided by the same terms
// in the same spans.
func sameBasis(a, b *Verdict) bool {
	return slices.EqualFunc(a.Deciding(), b.Deciding(), func(x, y TermVerdict) bool {
		return x.Term == y.Term && x.Span == y.Span
	})
}
