package extract

// subject returns the chunk that is the subject of the verb group at chunk v,
// -1 if none is found. The answer is kept.
func (a *analysis) subject(v int) int {
	if v < 0 || v >= len(a.chunks) {
		return -1
	}
	if a.subj[v] == -2 {
		a.subj[v] = -1 // cuts circles
		a.subj[v] = a.findSubject(v)
	}
	return a.subj[v]
}

func (a *analysis) kind(k int) chunkKind {
	if k < 0 || k >= len(a.chunks) {
		return chunkStop
	}
	return a.chunks[k].kind
}

func (a *analysis) findSubject(v int) int {
	c := a.chunks[v]
	if c.inf {
		return a.controller(v)
	}
	if a.isReport(v) && !c.passive && (a.kind(v-1) == chunkQuote || a.kind(v-1) == chunkComma && a.kind(v-2) == chunkQuote) {
		if s := a.subjectAfter(v); s >= 0 {
			return s // "...," said the envoy
		}
	}
	for k := v - 1; k >= 0; {
		switch a.kind(k) {
		case chunkOther, chunkTime:
			k--
		case chunkWh:
			return a.antecedent(k)
		case chunkNP:
			next, found := a.subjectFrom(k, v)
			if found {
				return next
			}
			k = next
		case chunkVG:
			if a.t.l.after {
				return a.subjectAfter(v)
			}
			if a.chunks[k].copula || a.isReport(k) || c.ing {
				return a.subject(k)
			}
			return a.subject(k)
		case chunkCC:
			if p := a.verbLeft(k); p >= 0 && !a.t.l.after {
				if r := a.reportLeft(k); r >= 0 && a.isReport(v) && c.finite() {
					p = r // said that ... and warned that
				}
				return a.subject(p)
			}
			if p := a.verbLeft(k); p >= 0 { // and announced its withdrawal: whoever acted before
				if s := a.subjectAfter(v); s >= 0 && a.whoAt(s).id != unknownID {
					return s
				}
				return a.subject(p)
			}
			return a.subjectAfter(v)
		case chunkComma:
			next, found := a.overComma(k, v)
			if found {
				return next
			}
			if next < 0 {
				return a.subjectAfter(v)
			}
			k = next
		case chunkPrep:
			if c.ing || c.part {
				return a.controller(v)
			}
			k--
		case chunkQuote:
			k--
		default: // that, because, stop
			if c.ing {
				if p := a.verbLeft(k); p >= 0 {
					if a.quotedAs(v) >= 0 && !a.chunks[p].passive {
						return a.object(p)
					}
					return a.subject(p)
				}
			}
			return a.subjectAfter(v)
		}
	}
	return a.subjectAfter(v)
}

// quotedAs returns the verb that gives the word to the speaker of the one at v:
// quoted the envoy as saying, was quoted as saying; -1 if none does.
func (a *analysis) quotedAs(v int) int {
	if !a.chunks[v].ing || v == 0 || a.t.l.words[a.tok(a.chunks[v-1].i).word] != "as" {
		return -1
	}
	p := a.verbLeft(v - 1)
	if p < 0 || a.t.l.words[a.chunks[p].word] != "quote" && a.t.l.words[a.chunks[p].word] != "cite" {
		return -1
	}
	return p
}

// subjectFrom weighs the noun group at k as subject of v: found, or where to
// look on.
func (a *analysis) subjectFrom(k, v int) (int, bool) {
	switch a.kind(k - 1) {
	case chunkPrep:
		if a.kind(k-2) == chunkNP || a.kind(k-2) == chunkPrep || a.kind(k-2) == chunkVG || a.kind(k-2) == chunkTime {
			return k - 2, false // in a phrase of the group before
		}
		return k - 2, false
	case chunkVG:
		p := a.chunks[k-1]
		if a.kind(k-2) == chunkWh { // the men who attacked the town fled
			return a.antecedent(k - 2), true
		}
		if p.part || p.ing && !a.isReport(k-1) || p.inf && !a.chunks[v].finite() {
			return k - 2, false
		}
	case chunkComma:
		if a.kind(k-2) == chunkNP && !a.chunks[v].part { // the envoy, Ana Brisk, said: the first; a list: its head
			if a.kind(k+1) == chunkComma && !a.listed(k) {
				return k - 2, false
			}
		}
	case chunkCC:
		if a.kind(k-2) == chunkNP {
			return a.listHead(k), true
		}
	}
	return k, true
}

// listed reports whether the noun group at k ends a list joined by and.
func (a *analysis) listed(k int) bool { return a.kind(k-1) == chunkCC || a.kind(k+1) == chunkCC }

// listHead returns the first noun group of a list that ends at k.
func (a *analysis) listHead(k int) int {
	for k >= 2 && (a.kind(k-1) == chunkCC || a.kind(k-1) == chunkComma) && a.kind(k-2) == chunkNP {
		if k >= 3 && (a.kind(k-3) == chunkVG || a.kind(k-3) == chunkPrep) && a.kind(k-1) == chunkComma {
			return k
		}
		if k >= 3 && a.kind(k-3) == chunkVG && a.chunks[k-3].finite() && !a.isReport(k-3) {
			return k // the object of the verb before
		}
		k -= 2
	}
	return k
}

// overComma looks over the comma at k: a participle takes the subject of the
// verb before; else what stands between two commas is skipped.
func (a *analysis) overComma(k, v int) (int, bool) {
	c := a.chunks[v]
	if c.ing || c.part {
		if p := a.verbLeft(k); p >= 0 && !c.part {
			return a.subject(p), true
		}
		return k - 1, false
	}
	if a.t.l.after && a.verbLeft(k) >= 0 {
		return -1, false
	}
	for m := k - 1; m > 0; m-- {
		switch a.kind(m) {
		case chunkComma:
			if a.kind(m-1) == chunkNP {
				return m - 1, false
			}
		case chunkStop, chunkSub:
			return -1, false
		}
	}
	if p := a.verbLeft(k); p >= 0 && a.chunks[p].finite() {
		return a.subject(p), true
	}
	return k - 1, false
}

// antecedent returns the noun group that a relative word at k belongs to.
func (a *analysis) antecedent(k int) int {
	for k--; k >= 0; k-- {
		switch a.kind(k) {
		case chunkNP:
			for a.kind(k-1) == chunkPrep && a.kind(k-2) == chunkNP && a.chunks[k-1].slot == slotOf && !a.person(k) {
				k -= 2
			}
			return k
		case chunkComma, chunkPrep, chunkTime, chunkOther:
		default:
			return -1
		}
	}
	return -1
}

// person reports whether a noun group names people.
func (a *analysis) person(k int) bool {
	c := a.chunks[k]
	_, agent := a.mentionAt(c.head, catAgent)
	return agent || a.tags(c.head).has(tagPerson)
}

// verbLeft returns the last verb group before chunk k in the same clause, -1
// if there is none.
func (a *analysis) verbLeft(k int) int {
	for k--; k >= 0; k-- {
		switch a.kind(k) {
		case chunkVG:
			return k
		case chunkStop, chunkThat:
			return -1
		}
	}
	return -1
}

// reportLeft returns the last finite reporting verb before chunk k, -1 if there
// is none.
func (a *analysis) reportLeft(k int) int {
	for k--; k >= 0; k-- {
		if a.kind(k) == chunkVG && a.chunks[k].finite() && a.isReport(k) {
			return k
		}
		if a.kind(k) == chunkStop {
			return -1
		}
	}
	return -1
}

// controller returns who is to do what an infinitive or gerund at v says: the
// object of the verb that governs it, else its subject.
func (a *analysis) controller(v int) int {
	for k := v - 1; k >= 0; k-- {
		switch a.kind(k) {
		case chunkNP:
			if a.kind(k-1) == chunkPrep && a.chunks[k-1].slot == slotFor && !a.chunks[v].ing {
				return k // for a truce to be brought back
			}
			if a.kind(k-1) == chunkVG && (a.chunks[v].inf || a.chunks[v].ing) {
				if g := a.chunks[k-1]; !g.copula && a.takesObject(g.word) {
					return k // urged the army to stop; accused it of breaking
				}
			}
			if k == 0 && v == 1 {
				return k // Germany to host talks
			}
			if a.kind(k-1) == chunkPrep && a.kind(k-2) == chunkVG && a.takesObject(a.chunks[k-2].word) && a.chunks[v].inf {
				return k // called on the sides to stop
			}
		case chunkVG:
			if a.chunks[k].passive && a.chunks[v].inf {
				return a.subject(k)
			}
			return a.subject(k)
		case chunkStop, chunkThat, chunkSub:
			return -1
		}
	}
	return -1
}

// takesObject reports whether the object of a verb is the one who is to act.
func (a *analysis) takesObject(lemma int32) bool {
	if g := a.t.l.governs[lemma]; g.known {
		return g.effect == "urged" || g.negate
	}
	r := a.t.l.reports[lemma]
	return r.known && (r.class == "urge" || r.class == "accuse" || r.class == "tell")
}

func (a *analysis) isReport(k int) bool {
	w := a.chunks[k].word
	return w != 0 && a.t.l.reports[w].known
}

// subjectAfter finds a subject behind its verb: always in Arabic, freely in
// Russian, in English after reporting verbs ("...", said X) only.
func (a *analysis) subjectAfter(v int) int {
	if !a.t.l.after && !a.isReport(v) {
		return -1
	}
	if a.chunks[v].inf {
		return -1
	}
	for k := v + 1; k < len(a.chunks); k++ {
		switch a.kind(k) {
		case chunkNP:
			if a.t.l.after && a.kind(k-1) == chunkPrep {
				continue
			}
			return k
		case chunkOther, chunkTime:
		case chunkPrep:
			if !a.t.l.after {
				return -1
			}
		default:
			return -1
		}
	}
	return -1
}

// object returns the noun group that is the direct object of the verb group at
// v, -1 if there is none.
func (a *analysis) object(v int) int {
	s := a.subject(v)
	for k := v + 1; k < len(a.chunks); k++ {
		switch a.kind(k) {
		case chunkNP:
			if k == s && s > v {
				k = a.skipOf(k)
				continue
			}
			if a.t.l.code == "ru" && s < 0 {
				return k
			}
			return k
		case chunkOther, chunkTime:
		case chunkQuote:
			if a.kind(k+1) != chunkNP {
				return -1
			}
		case chunkPrep:
			if a.t.l.after && s > v && k < len(a.chunks)-1 && a.kind(k+1) == chunkNP {
				k++
				continue
			}
			return -1
		default:
			return -1
		}
	}
	return -1
}

// skipOf returns the last chunk of a noun group with its of-phrases.
func (a *analysis) skipOf(k int) int {
	for a.kind(k+1) == chunkPrep && a.chunks[k+1].slot == slotOf && a.kind(k+2) == chunkNP {
		k += 2
	}
	return k
}

// phrase is a preposition and its noun group.
type phrase struct {
	slot slot
	word int32
	np   int
}

// phrases calls yield for the prepositional phrases that follow chunk k up to
// the end of its clause.
func (a *analysis) phrases(k int, yield func(phrase) bool) {
	for k++; k < len(a.chunks); k++ {
		switch a.kind(k) {
		case chunkPrep:
			if a.kind(k+1) == chunkNP {
				if !yield(phrase{a.chunks[k].slot, a.chunks[k].word, k + 1}) {
					return
				}
				k++
			} else if a.kind(k+1) == chunkVG || a.kind(k+1) == chunkWh {
				return
			}
		case chunkNP, chunkOther, chunkTime, chunkQuote:
		case chunkCC, chunkComma:
			if next := a.kind(k + 1); next != chunkNP && next != chunkPrep && next != chunkTime || a.kind(k+2) == chunkVG && a.chunks[k+2].finite() {
				return
			}
		default:
			return
		}
	}
}

// list calls yield for the noun group at k and those joined to it.
func (a *analysis) list(k int, yield func(np int) bool) {
	for {
		if !yield(k) {
			return
		}
		next := a.groupEnd(k) + 1
		if a.kind(next) == chunkComma && a.kind(next+1) == chunkCC {
			next++
		}
		if a.kind(next) != chunkComma && a.kind(next) != chunkCC || a.kind(next+1) != chunkNP {
			return
		}
		if a.kind(next) == chunkComma && !a.closesList(next+1) {
			return
		}
		if a.kind(next+2) == chunkVG && a.chunks[next+2].finite() && a.kind(k-1) == chunkVG && !a.isReport(k-1) {
			return // X attacked A and B fled
		}
		k = next + 1
	}
}

// groupEnd returns the last chunk of the noun group at k with the of- and
// for-phrases that belong to an office or people, and the name beside it.
func (a *analysis) groupEnd(k int) int {
	if a.kind(k) != chunkNP || !a.roleOrAgent(a.chunks[k]) {
		return k
	}
	for a.kind(k+1) == chunkPrep && (a.chunks[k+1].slot == slotOf || a.chunks[k+1].slot == slotFor) && a.kind(k+2) == chunkNP {
		k += 2
	}
	return k
}

// closesList reports whether a list that goes on at noun group k ends in "and".
func (a *analysis) closesList(k int) bool {
	for n := 0; n < 8; n++ {
		k = a.groupEnd(k)
		switch {
		case a.kind(k+1) == chunkCC && a.kind(k+2) == chunkNP, a.kind(k+1) == chunkComma && a.kind(k+2) == chunkCC && a.kind(k+3) == chunkNP:
			return true
		case a.kind(k+1) == chunkComma && a.kind(k+2) == chunkNP:
			k += 2
		default:
			return false
		}
	}
	return false
}

// clauseOf returns the tokens of the clause around chunk k.
func (a *analysis) clauseOf(k int) (first, last int) {
	lo, hi := k, k
	for lo > 0 && !a.opens(lo, k) {
		lo--
	}
	for hi+1 < len(a.chunks) && !a.opensAfter(hi+1, k) {
		hi++
	}
	first, last = a.chunks[lo].i, a.chunks[hi].j
	if a.boundary(lo) && a.chunks[lo].j <= a.chunks[k].i {
		first = a.chunks[lo].j
	}
	return first, max(last, first+1)
}

func (a *analysis) boundary(k int) bool {
	switch a.kind(k) {
	case chunkStop, chunkSub, chunkThat, chunkWh:
		return true
	}
	return false
}

// opens reports whether chunk m, left of k, is where k's clause begins.
func (a *analysis) opens(m, k int) bool {
	if a.boundary(m) && m < k {
		return true
	}
	c := a.kind(m)
	if c == chunkCC && !a.saysBefore(m) {
		return false
	}
	return (c == chunkCC || c == chunkComma) && m < k && a.startsClause(m+1) && (a.kind(k) != chunkVG || a.verbIn(m+1, k+1))
}

// opensAfter reports whether chunk m, right of k, begins another clause.
func (a *analysis) opensAfter(m, k int) bool {
	if a.boundary(m) {
		return true
	}
	c := a.kind(m)
	if c != chunkCC && c != chunkComma {
		return a.kind(m) == chunkVG && a.chunks[m].finite() && a.kind(k) == chunkVG && a.chunks[k].finite() && m > k && !a.t.l.after
	}
	return a.startsClause(m+1) && (c != chunkCC || a.saysBefore(m))
}

// saysBefore reports whether a finite verb stands left of chunk m in its
// clause. What has none goes on behind an and: "shelling of A and B killed two".
func (a *analysis) saysBefore(m int) bool {
	for m--; m >= 0 && !a.boundary(m); m-- {
		if a.kind(m) == chunkVG && a.chunks[m].finite() {
			return true
		}
	}
	return false
}

// startsClause reports whether a noun group and a finite verb, or a verb of
// its own, stand at chunk m.
func (a *analysis) startsClause(m int) bool {
	for n := m; n < len(a.chunks) && n < m+6; n++ {
		switch a.kind(n) {
		case chunkVG:
			return a.chunks[n].finite() || a.chunks[n].ing && n == m
		case chunkNP, chunkPrep, chunkTime, chunkOther:
		default:
			return false
		}
	}
	return false
}

func (a *analysis) verbIn(lo, hi int) bool {
	for k := lo; k < hi && k < len(a.chunks); k++ {
		if a.kind(k) == chunkVG {
			return true
		}
	}
	return false
}

// chunkAt returns the chunk that holds token i, -1 if none does.
func (a *analysis) chunkAt(i int) int {
	if i -= a.s.first; i < 0 || i >= len(a.held) {
		return -1
	}
	return int(a.held[i])
}
