package extract

import "slices"

// tagEnglish decides what every token does, left to right, by what the word
// can be and what stands beside it.
func (a *analysis) tagEnglish() {
	a.pos = slices.Grow(a.pos[:0], a.s.last-a.s.first)[:a.s.last-a.s.first]
	clear(a.pos) // posOther
	for _, n := range a.nums {
		for k := n.i; k < n.j; k++ {
			a.pos[k-a.s.first] = posNum
		}
	}
	for _, m := range a.times {
		for k := m.i; k < m.j; k++ {
			a.pos[k-a.s.first] = posTime
		}
	}
	for i := a.s.first; i < a.s.last; i++ {
		p := &a.pos[i-a.s.first]
		if a.counted(i) {
			continue
		}
		if m, ok := a.mentionAt(i, catActor); ok && m.i == i && a.properName(m) {
			for k := m.i; k < m.j; k++ {
				a.pos[k-a.s.first] = posNoun
				if a.tok(k).word == a.t.l.possessive {
					a.pos[k-a.s.first] = posPoss
				}
			}
			i = m.j - 1
			continue
		}
		*p = a.tagWord(i)
	}
}

// counted reports whether token i belongs to a number or a time, so that no
// other word is read in it: the May of "5 May" is no verb.
func (a *analysis) counted(i int) bool {
	p := a.pos[i-a.s.first]
	return p == posTime || p == posNum
}

// properName reports whether an actor's mention is surely a name: in a text
// with capitals it has one.
func (a *analysis) properName(m mention) bool {
	return !a.t.mixed || a.tok(m.i).flags.has(capital)
}

// before returns what stands before token i, adverbs left out.
func (a *analysis) before(i int) pos {
	for i--; i >= a.s.first; i-- {
		if p := a.pos[i-a.s.first]; p != posAdv {
			return p
		}
	}
	return posStop
}

func (a *analysis) mark(i int) pos {
	switch a.tok(i).mark {
	case ',':
		return posComma
	case '<', '>', '"':
		return posQuote
	case '(', ')', '[', ']', '-', '/':
		return posComma
	case '.', '?', '!', ';', ':':
		return posStop
	}
	return posOther
}

// tagWord tags one token whose left neighbours are tagged.
func (a *analysis) tagWord(i int) pos {
	k := a.tok(i)
	if k.mark != 0 && k.word == 0 {
		return a.mark(i)
	}
	if k.word == a.t.l.possessive {
		return posPoss
	}
	t := a.tags(i)
	if k.flags.has(hyphened) && t&tagVerb != 0 {
		return posNoun // foreign-backed
	}
	if p := a.closedClass(i, t); p != posOther {
		return p
	}
	if t&tagVerb != 0 || t == 0 && a.looksVerb(i) {
		return a.verbOrNoun(i, t)
	}
	if t.has(tagAdv) {
		if p := a.before(i); (p == posDet || p == posNum || p == posPoss) && a.nominal(i+1) {
			return posNoun // two earlier convoys
		}
		return posAdv
	}
	if t == 0 && !k.flags.has(capital) && k.end-k.start > 4 && suffix(a.t.src[k.start:k.end], "ly") {
		return posAdv
	}
	return posNoun
}

// closedClass tags the small words.
func (a *analysis) closedClass(i int, t tagSet) pos {
	const small = tagBe | tagHave | tagDo | tagModal | tagTo | tagThat | tagSub | tagWh | tagCC | tagNeg | tagDet | tagPron | tagPrep
	switch {
	case t&small == 0:
		return posOther
	case t.has(tagBe):
		return posBe
	case t.has(tagHave):
		if a.next(i).has(tagDet|tagNumber) || a.tok(min(i+1, a.s.last-1)).flags.has(number) {
			return posVerb
		}
		return posHave
	case t.has(tagDo) && !t.has(tagNoun):
		return posDo
	case t.has(tagModal):
		if a.before(i) == posDet { // the will, a must
			return posNoun
		}
		return posModal
	case t.has(tagTo):
		n := a.next(i)
		if n.has(tagBase) || n.has(tagBe) || n.has(tagHave) || n.has(tagAdv) && a.next(i+1).has(tagBase) {
			return posTo
		}
		return posPrep
	case t.has(tagThat):
		return a.tagThat(i)
	case t.has(tagSub) && t.has(tagPrep):
		if a.clauseFollows(i) {
			return posSub
		}
		return posPrep
	case t.has(tagSub):
		return posSub
	case t.has(tagWh):
		return posWh
	case t.has(tagCC):
		return posCC
	case t.has(tagNeg) && !t.has(tagDet):
		return posNeg
	case t.has(tagDet) && t.has(tagPron): // this, both, all
		if a.next(i)&(tagVerb|tagBe|tagModal|tagHave|tagPrep) != 0 && !a.next(i).has(tagNoun) {
			return posPron
		}
		return posDet
	case t.has(tagDet):
		return posDet
	case t.has(tagPron):
		return posPron
	case t.has(tagPrep) && t&tagVerb == 0:
		return posPrep
	}
	return posOther
}

func (a *analysis) next(i int) tagSet {
	if i+1 >= a.s.last {
		return 0
	}
	return a.tags(i + 1)
}

// tagThat parts the word that: after a noun and before a verb it relates,
// before a noun alone it points, else it opens a clause.
func (a *analysis) tagThat(i int) pos {
	n := a.next(i)
	prev := a.before(i)
	if prev == posNoun || prev == posComma {
		if n&(tagBe|tagHave|tagModal|tagDo) != 0 || n&tagVerb != 0 && !n.has(tagNoun) {
			return posWh
		}
	}
	if prev == posPrep || prev == posStop && n&(tagVerb|tagBe) == 0 && !n.has(tagDet) && !n.has(tagPron) {
		return posDet
	}
	return posThat
}

// clauseFollows reports whether a word such as after or as opens a clause: a
// verb that is not part of a noun group comes before the next stop or comma.
func (a *analysis) clauseFollows(i int) bool {
	const window = 26
	for k := i + 1; k < a.s.last && k <= i+window; k++ {
		if a.counted(k) {
			continue
		}
		t := a.tags(k)
		m := a.tok(k).mark
		if m == ',' {
			if past := a.closing(k); past > 0 {
				k = past
				continue
			}
			return false
		}
		if m == '.' || m == ';' || m == ':' {
			return false
		}
		if k == i+1 && t.has(tagIng) && !t.has(tagNoun) {
			return true
		}
		if t&(tagWh|tagThat|tagSub) != 0 && t&tagPrep == 0 {
			return false
		}
		if t&(tagBe|tagHave|tagModal|tagDo) != 0 {
			return true
		}
		if t&(tagPast|tagThird) != 0 && !t.has(tagNoun) && k > i+1 {
			if t.has(tagPart) && (a.tags(k-1)&(tagDet|tagPrep|tagAdj) != 0 || a.next(k)&tagPrep != 0 && a.t.l.fills[a.tok(k+1).word] == slotBy) {
				continue
			}
			return true
		}
	}
	return false
}

// closing returns the comma that closes what the comma at k opens, 0 if none
// comes soon.
func (a *analysis) closing(k int) int {
	const window = 10
	for n := k + 2; n < a.s.last && n < k+window; n++ {
		switch a.tok(n).mark {
		case ',':
			return n
		case '.', ';', ':':
			return 0
		}
	}
	return 0
}

func suffix(s, end string) bool { return len(s) > len(end) && s[len(s)-len(end):] == end }

// looksVerb reports whether a word that no dictionary has ends like a verb.
func (a *analysis) looksVerb(i int) bool {
	k := a.tok(i)
	if k.mark != 0 || k.flags.has(capital) && a.t.mixed || k.flags.has(number) {
		return false
	}
	w := a.t.src[k.start:k.end]
	return len(w) > 4 && (suffix(w, "ed") && !suffix(w, "eed") || suffix(w, "ing"))
}

// verbOrNoun decides for a word that can be either.
func (a *analysis) verbOrNoun(i int, t tagSet) pos {
	if t == 0 {
		w := a.t.src[a.tok(i).start:a.tok(i).end]
		t = tagIng
		if suffix(w, "ed") {
			t = tagPast | tagPart
		}
	}
	prev := a.before(i)
	if prev == posModal || prev == posTo || prev == posDo {
		if t&(tagBase) != 0 {
			return posVerb
		}
	}
	if prev == posPrep && a.t.l.fills[a.tok(i-1).word] == 0 && t.has(tagIng) {
		return posVerb
	}
	if t.has(tagAdj) && a.nominal(i+1) {
		return posNoun
	}
	switch {
	case t&(tagPast|tagPart) != 0 && !t.has(tagBase):
		return a.pastOrAdjective(i, prev, t)
	case t.has(tagIng) && !t.has(tagBase):
		return a.ingVerb(i, prev, t)
	}
	return a.presentOrNoun(i, prev, t)
}

// nominal reports whether token i can go on a noun group.
func (a *analysis) nominal(i int) bool {
	if i >= a.s.last {
		return false
	}
	k := a.tok(i)
	if k.mark != 0 || k.flags.has(number) {
		return false
	}
	t := a.tags(i)
	if t == 0 {
		return !a.looksVerb(i)
	}
	return t&(tagNoun|tagAdj) != 0 && t&(tagDet|tagPrep|tagTo) == 0 || t&(tagVerb|tagDet|tagPrep|tagCC|tagBe|tagHave|tagDo|tagModal|tagNeg|tagTo|tagThat|tagWh|tagSub|tagPron|tagAdv|tagNumber|tagTime) == 0
}

func (a *analysis) pastOrAdjective(i int, prev pos, t tagSet) pos {
	switch prev {
	case posBe, posHave:
		if t.has(tagPart) || t.has(tagPast) {
			return posVerb
		}
	case posDet, posPoss, posNum:
		if prev == posNum && !a.nominal(i+1) {
			return posVerb // 10 wounded, six killed
		}
		return posNoun
	case posPrep:
		return posNoun
	case posStop, posVerb, posSub, posQuote:
		if a.nominal(i + 1) {
			return posNoun // Armed men, renewed clashes
		}
		return posVerb
	case posCC:
		if a.nominal(i+1) && !a.verbBefore(i) {
			return posNoun
		}
		return posVerb
	}
	return posVerb
}

// verbBefore reports whether a verb stands between the last noun group's
// clause start and i, so that a joined word is a verb too.
func (a *analysis) verbBefore(i int) bool {
	for k := i - 1; k >= a.s.first; k-- {
		switch a.pos[k-a.s.first] {
		case posVerb:
			return true
		case posStop, posSub, posThat, posWh:
			return false
		}
	}
	return false
}

func (a *analysis) ingVerb(i int, prev pos, t tagSet) pos {
	n := a.next(i)
	object := n&(tagDet|tagPron|tagThat|tagNumber) != 0 || i+1 < a.s.last && (a.tok(i+1).flags.has(number) || a.t.mixed && a.tok(i+1).flags.has(capital))
	switch prev {
	case posBe, posComma:
		if prev == posComma && a.next(i)&tagPrep != 0 && t.has(tagNoun) && !object {
			return posNoun // shelling, bombing and ...
		}
		return posVerb
	case posDet, posPoss, posNum:
		return posNoun
	case posNoun:
		if object {
			return posVerb
		}
		return posNoun
	case posCC:
		if object || a.verbBefore(i) && !t.has(tagNoun) {
			return posVerb
		}
		return posNoun
	case posPrep, posSub, posThat, posVerb:
		if object || a.nominal(i+1) {
			return posVerb
		}
		if t.has(tagNoun) {
			return posNoun
		}
		return posVerb
	}
	if object {
		return posVerb
	}
	return posNoun
}

func (a *analysis) presentOrNoun(i int, prev pos, t tagSet) pos {
	n := a.next(i)
	noun := t.has(tagNoun)
	object := n&(tagDet|tagPron|tagThat|tagWh|tagNumber) != 0 && !n.has(tagPrep) || i+1 < a.s.last && (a.tok(i+1).flags.has(number) || a.t.mixed && a.tok(i+1).flags.has(capital))
	switch prev {
	case posDet, posPoss, posNum:
		return posNoun
	case posPrep:
		return posNoun
	case posBe, posHave:
		if t.has(tagPart) {
			return posVerb
		}
		return posNoun
	case posPron, posWh:
		return posVerb
	case posNoun, posComma, posQuote:
		if t.has(tagPast) && !a.verbAhead(i) { // hit, cut, put
			return posVerb
		}
		if !noun {
			return posVerb
		}
		plural := prev == posNoun && a.pluralNoun(i-1)
		if prev == posNoun && (t.has(tagThird) && plural || t.has(tagBase) && !plural && !t.has(tagPast)) {
			return posNoun
		}
		if object && !a.verbAhead(i) {
			return posVerb
		}
		return posNoun
	case posCC, posVerb, posStop:
		if !noun || object && a.verbBefore(i) {
			return posVerb
		}
		return posNoun
	}
	if !noun || object {
		return posVerb
	}
	return posNoun
}

func (a *analysis) pluralNoun(i int) bool {
	k := a.tok(i)
	return k.mark == 0 && k.end-k.start > 3 && (a.t.src[k.end-1] == 's' || a.t.src[k.end-1] == 'S') || a.tags(i).has(tagPerson)
}

// verbAhead reports whether a sure verb comes before the clause ends, so that
// the word at i need not be one.
func (a *analysis) verbAhead(i int) bool {
	for k := i + 1; k < a.s.last; k++ {
		if a.counted(k) {
			continue
		}
		t := a.tags(k)
		if m := a.tok(k).mark; m == ',' || m == '.' || m == ';' || t&(tagThat|tagWh|tagSub|tagCC) != 0 && t&tagPrep == 0 {
			return false
		}
		if t&(tagBe|tagHave|tagModal|tagDo) != 0 || t.has(tagPast) && !t.has(tagNoun) && a.tags(k-1)&(tagDet|tagPrep|tagNumber) == 0 && a.t.l.fills[a.tok(min(k+1, a.s.last-1)).word] != slotBy {
			return true
		}
	}
	return false
}

// participle reports whether a past form at j is a participle without be: it
// is followed by "by", or stands after a comma or noun with a verb to come.
func (a *analysis) participle(j int) bool {
	if j+1 < a.s.last && a.t.l.fills[a.tok(j+1).word] == slotBy {
		return true
	}
	switch a.before(j) {
	case posComma:
		return !a.tags(j).has(tagBase) && !a.closesAside(j)
	case posNoun:
		return a.next(j)&tagPrep != 0 && a.verbAhead(j)
	case posNum:
		return true
	}
	return false
}

// closesAside reports whether the comma before token j closes an aside between
// a subject and its verb: "the group, known as X, walked out".
func (a *analysis) closesAside(j int) bool {
	m := j - 2
	for m > a.s.first && a.posAt(m) != posComma {
		if a.posAt(m) == posStop {
			return false
		}
		m--
	}
	if m <= a.s.first || a.posAt(m-1) != posNoun {
		return false
	}
	for k := m - 1; k >= a.s.first; k-- {
		switch a.posAt(k) {
		case posVerb, posBe:
			return false
		case posSub, posStop, posThat, posComma:
			return true
		}
	}
	return true
}

// tagPlain tags a language by what the dictionaries say of each word alone.
func (a *analysis) tagPlain() {
	a.pos = slices.Grow(a.pos[:0], a.s.last-a.s.first)[:a.s.last-a.s.first]
	clear(a.pos) // posOther
	for _, n := range a.nums {
		for k := n.i; k < n.j; k++ {
			a.pos[k-a.s.first] = posNum
		}
	}
	for _, m := range a.times {
		for k := m.i; k < m.j; k++ {
			a.pos[k-a.s.first] = posTime
		}
	}
	for i := a.s.first; i < a.s.last; i++ {
		p := &a.pos[i-a.s.first]
		if *p == posTime || *p == posNum {
			continue
		}
		k := a.tok(i)
		if k.mark != 0 && k.word == 0 {
			*p = a.mark(i)
			continue
		}
		*p = a.plainWord(i, a.tags(i))
	}
}

// masdar decides between a verb and the noun of the act, which Arabic writes
// alike: a verb opens its clause or follows the subject of a clause that has no
// verb yet.
func (a *analysis) masdar(i int) pos {
	if a.tok(i).flags&(definite|cliticIn|cliticFor|cliticAs|suffixed|accusative) != 0 {
		return posNoun
	}
	switch a.before(i) {
	case posStop, posComma, posSub, posThat, posWh, posCC, posQuote, posTime, posNeg, posModal:
		return posVerb
	case posNoun:
		for k := i - 1; k >= a.s.first; k-- {
			switch a.pos[k-a.s.first] {
			case posVerb:
				return posNoun
			case posThat, posComma, posStop, posWh, posSub:
				return posVerb
			}
		}
		return posVerb
	}
	return posNoun
}

func (a *analysis) plainWord(i int, t tagSet) pos {
	k := a.tok(i)
	switch {
	case t.has(tagModal):
		return posModal
	case t.has(tagNeg):
		return posNeg
	case t.has(tagBe):
		return posBe
	case t.has(tagSub):
		return posSub
	case t.has(tagThat):
		return posThat
	case t.has(tagWh):
		return posWh
	case t.has(tagCC):
		return posCC
	case t.has(tagPrep) && (a.t.l.fills[k.word] != slotBy || a.posAt(i-1) == posPrep):
		return posPrep // by: only as the second word, من قبل, со стороны
	case t.has(tagDet):
		return posDet
	case t.has(tagPron):
		return posPron
	case t.has(tagAdv):
		return posAdv
	case t&tagVerb != 0:
		if a.t.l.code == "ar" && t.has(tagNoun) {
			return a.masdar(i)
		}
		if k.flags&(definite|cliticIn|cliticFor) != 0 || t.has(tagNoun) && (a.posAt(i-1) == posPrep || a.posAt(i-1) == posNum) {
			return posNoun
		}
		if _, name := a.mentionAt(i, catActor); name && a.t.l.cased && k.flags.has(capital) && i > a.s.first {
			return posNoun
		}
		return posVerb
	}
	return posNoun
}
