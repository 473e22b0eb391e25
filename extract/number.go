package extract

import (
	"strings"
	"unicode/utf8"

	"github.com/marchday/marchday/truce"
)

// numMention is a number with its qualifier.
type numMention struct {
	i, j    int
	lo, hi  int32 // truce.Open where that end is open
	qual    string
	measure bool // of kilometres, per cent, calibre: not of people
}

const maxNumber = 100_000_000

// findNumbers finds the numbers of the sentence, qualifiers included.
func (a *analysis) findNumbers() {
	for i := a.s.first; i < a.s.last; {
		if k := a.tok(i); !k.flags.has(number) && !k.tags.has(tagNumber) && !k.cats.has(catQual) {
			i++
			continue
		}
		if j, n, ok := a.numberAt(i); ok {
			n.i, n.j = i, j
			a.nums = append(a.nums, n)
			i = j
			continue
		}
		i++
	}
}

// numberAt reads qualifier, value, range and what follows, from token i on.
func (a *analysis) numberAt(i int) (int, numMention, bool) {
	start := i
	qual := ""
	if m, ok := a.mentionAt(i, catQual); ok && m.i == i {
		qual = a.t.l.quals[m.ref]
		i = m.j
	}
	j, lo, hi, hedge, ok := a.value(i)
	if !ok {
		return start, numMention{}, false
	}
	n := numMention{lo: lo, hi: hi, qual: "exact"}
	if hedge {
		n.qual = "hedge"
	}
	if !hedge {
		k, top, ok := a.rangeTo(j, lo)
		if !ok {
			k, top, ok = a.spans(i, j, lo)
		}
		if ok {
			n.hi, n.qual, j = top, "range", k
		}
	}
	if m, ok := a.mentionAt(j, catQual); ok && m.i == j && a.t.l.quals[m.ref] == "or-more" {
		qual, j = "at-least", m.j
	}
	n.apply(qual)
	n.measure = a.isMeasure(j)
	return j, n, true
}

// apply narrows or opens a number by its qualifier.
func (n *numMention) apply(qual string) {
	v := n.lo
	switch qual {
	case "at-least":
		n.hi, n.qual = truce.Open, qual
	case "more-than":
		n.lo, n.hi, n.qual = v+1, truce.Open, "at-least"
	case "up-to":
		n.lo, n.hi, n.qual = truce.Open, max(v, n.hi), qual
	case "fewer-than":
		n.lo, n.hi, n.qual = truce.Open, max(v-1, 0), "up-to"
	case "nearly":
		n.lo, n.hi, n.qual = (v*9+9)/10, v-1, qual
		if n.lo > n.hi {
			n.lo = n.hi
		}
	case "about":
		n.lo, n.hi, n.qual = int32((int64(v)*9+9)/10), int32(int64(v)*11/10), qual
	}
}

// rangeTo reads "to 12", "-12", "or 12" after a number.
func (a *analysis) rangeTo(j int, lo int32) (int, int32, bool) {
	if j >= a.s.last {
		return j, 0, false
	}
	k := j
	switch {
	case a.tok(j).flags.has(hyphened), a.tok(j).flags.has(number) && a.tok(j).flags.has(glued):
	case a.tok(j).mark == '-' && a.tok(j).flags.has(glued):
		k = j + 1
	case a.t.l.numbers[a.tok(j).word].kind == "to":
		k = j + 1
	default:
		return j, 0, false
	}
	end, top, _, hedge, ok := a.value(k)
	if !ok || hedge || top <= lo || int64(top) > int64(lo)*20+20 {
		return j, 0, false
	}
	return end, top, true
}

// spans reads on from the 12 at token i, whose words end at j, in "between 12 and
// 15".
func (a *analysis) spans(i, j int, lo int32) (int, int32, bool) {
	if i <= a.s.first || j+1 >= a.s.last || a.t.l.fills[a.tok(i-1).word] != slotBetween {
		return j, 0, false
	}
	k := j
	if !a.tok(k).flags.has(cliticAnd) { // in Arabic the and is written onto the number
		if !a.tags(k).has(tagCC) {
			return j, 0, false
		}
		k++
	}
	end, top, _, hedge, ok := a.value(k)
	return end, top, ok && !hedge && top > lo
}

// isMeasure reports whether a unit of measure follows.
func (a *analysis) isMeasure(j int) bool {
	if j >= a.s.last {
		return false
	}
	return a.tok(j).mark == '%' || a.t.l.numbers[a.tok(j).word].kind == "measure"
}

// value reads a number in digits or words, or a hedge such as dozens.
func (a *analysis) value(i int) (j int, lo, hi int32, hedge, ok bool) {
	if i >= a.s.last {
		return i, 0, 0, false, false
	}
	if a.tok(i).flags.has(number) {
		v, ok := a.digits(i)
		if !ok {
			return i, 0, 0, false, false
		}
		j = i + 1
		for j < a.s.last && a.t.l.numbers[a.tok(j).word].kind == "mult" && v < 1_000_000 {
			v *= a.t.l.numbers[a.tok(j).word].lo
			j++
		}
		return j, v, v, false, v <= maxNumber
	}
	return a.wordValue(i)
}

// wordValue adds up number words: two hundred and five, خمسة وعشرون.
func (a *analysis) wordValue(i int) (j int, lo, hi int32, hedge, ok bool) {
	var sum, part int64
	any := false
	for j = i; j < a.s.last; j++ {
		if !a.tags(j).has(tagNumber) {
			break
		}
		w := &a.t.l.numbers[a.tok(j).word]
		if !w.known || a.tok(j).word == 0 || w.kind == "and" {
			if any && a.t.l.numberAnd(a.tok(j).word) && j+1 < a.s.last && a.t.l.numbers[a.tok(j+1).word].kind == "num" && part >= 100 {
				continue
			}
			break
		}
		if a.tok(j).flags.has(cliticAnd) && any && w.kind == "num" && int64(w.lo) >= 20 == (part >= 20) && part < 100 {
			break // "three and five" are two numbers
		}
		if any && a.tok(j).flags.has(cliticAnd) && part == 0 {
			break
		}
		switch w.kind {
		case "num":
			if any && !joinsNumber(part, int64(w.lo), a.tok(j).flags.has(cliticAnd)) {
				return j, clampNumber(sum + part), clampNumber(sum + part), false, true
			}
			part += int64(w.lo)
		case "mult":
			if part == 0 {
				part = 1
			}
			if int64(w.lo) >= 1000 {
				sum += part * int64(w.lo)
				part = 0
			} else {
				part *= int64(w.lo)
			}
		case "hedge":
			return a.hedged(j, w, part, any)
		default:
			return j, clampNumber(sum + part), clampNumber(sum + part), false, any
		}
		any = true
	}
	v := clampNumber(sum + part)
	return j, v, v, false, any
}

// hedged reads "dozens", "tens of thousands", "several hundred", "two dozen".
func (a *analysis) hedged(j int, w *numberWord, part int64, any bool) (int, int32, int32, bool, bool) {
	if any {
		if w.lo == w.hi && w.lo >= 12 {
			v := clampNumber(part * int64(w.lo))
			return j + 1, v, v, false, true
		}
		return j, clampNumber(part), clampNumber(part), false, true
	}
	lo, hi := w.lo, w.hi
	k := j + 1
	for k < a.s.last && a.t.l.numbers[a.tok(k).word].kind == "of" {
		k++
	}
	if k < a.s.last {
		if n := a.t.l.numbers[a.tok(k).word]; (n.kind == "hedge" || n.kind == "mult") && n.lo >= 100 {
			scale := int32(1000)
			if n.lo < 1000 {
				scale = 100
			}
			if w.lo >= 20 { // tens of thousands, dozens of thousands
				return k + 1, 20 * scale, 99*scale + scale - 1, true, true
			}
			return k + 1, lo * scale, min(hi*scale+scale-1, 9*scale+scale-1), true, true
		}
	}
	if k > j+1 && k < a.s.last && a.t.l.code != "en" {
		k = j + 1
	}
	if a.t.l.code == "en" && k > j+1 {
		k = j + 1
	}
	return k, lo, hi, true, true
}

// joinsNumber reports whether the next number word goes on the number: after
// hundreds tens, after tens units; in Arabic the units stand first.
func joinsNumber(part, next int64, and bool) bool {
	switch {
	case part >= 100 && part%100 == 0 && next < 100:
		return true
	case part >= 20 && part%10 == 0 && next < 10:
		return true
	case and && part%100 < 10 && next >= 20 && next < 100:
		return true
	case part >= 100 && part%100 >= 20 && part%10 == 0 && next < 10:
		return true
	}
	return false
}

func clampNumber(v int64) int32 { return int32(min(v, maxNumber+1)) }

func (l *language) numberAnd(w int32) bool { return l.numbers[w].kind == "and" }

// digits reads a whole number written with digits and separators of thousands.
func (a *analysis) digits(i int) (int32, bool) {
	k := a.tok(i)
	s := a.t.src[k.start:k.end]
	v, groups := int64(0), 0
	for n := 0; n < len(s); {
		r, size := utf8.DecodeRuneInString(s[n:])
		d := digit(r)
		switch {
		case d >= 0:
			v = v*10 + int64(d)
		case r == ',' && len(s)-n > 3:
			groups++
		case r == '.' && len(s)-n > 3 && a.t.l.code != "en":
			groups++
		default:
			return 0, false // 3.5, 81mm, 3rd
		}
		if v > maxNumber {
			return 0, false
		}
		n += size
	}
	_ = groups
	return int32(v), true
}

func digit(r rune) int {
	switch {
	case '0' <= r && r <= '9':
		return int(r - '0')
	case '٠' <= r && r <= '٩':
		return int(r - '٠')
	case '۰' <= r && r <= '۹':
		return int(r - '۰')
	}
	return -1
}

// dropNumbers takes out numbers that lie inside a time.
func (a *analysis) dropNumbers() {
	out := a.nums[:0]
	for _, n := range a.nums {
		inside := false
		for _, m := range a.times {
			inside = inside || n.i < m.j && m.i < n.j
		}
		if !inside {
			out = append(out, n)
		}
	}
	a.nums = out
}

// wording returns the bytes of tokens as text, white space as it stands.
func (t *text) wording(i, j int) string {
	s, e := t.span(i, j)
	return strings.TrimSpace(t.src[s:e])
}
