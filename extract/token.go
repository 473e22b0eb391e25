package extract

import (
	"unicode"
	"unicode/utf8"
)

// token is a word, a number or a mark of punctuation, by its bytes in the
// original text.
type token struct {
	start, end uint32
	word       int32  // id in the language's vocabulary; 0 is unknown
	tags       tagSet // of the word
	mark       byte   // of punctuation: one of , . ; : ? ! ( ) - / and " open < close >; 0 for words
	heat       heat   // of the word or mark
	flags      tokenFlag
	cats       catMask // of the mentions that cover it
}

type tokenFlag uint16

const (
	capital    tokenFlag = 1 << iota // begins with a capital
	allCaps                          // two capitals or more and nothing small
	number                           // begins with a digit
	glued                            // no blank before it
	hyphened                         // a hyphen stands directly before it
	newline                          // first on its line
	paragraph                        // first after an empty line
	cliticAnd                        // Arabic w-, f-
	cliticIn                         // Arabic b-
	cliticFor                        // Arabic l-
	cliticAs                         // Arabic k-
	definite                         // Arabic al-
	suffixed                         // Arabic pronoun at the end
	accusative                       // Arabic -an: a noun
)

func (f tokenFlag) has(x tokenFlag) bool { return f&x != 0 }

// sentence is a run of tokens.
type sentence struct {
	first, last int  // half-open
	heading     bool // a line of its own without a final stop
}

const (
	maxTokens   = 2_000_000
	maxSentence = 400 // tokens; a longer one is cut
	maxWord     = 64  // bytes of a word that can be in a dictionary
)

// tokenise appends the tokens of src. What is remembered of short words may be
// nil.
func (l *language) tokenise(src string, out []token, short *shortWords) []token {
	lines, gap := 1, true
	for i := 0; i < len(src) && len(out) < maxTokens; {
		c := src[i]
		switch {
		case c == '\n':
			lines++
			gap = true
			i++
			continue
		case c == ' ' || c == '\t' || c == '\r':
			gap = true
			i++
			continue
		}
		t := token{start: uint32(i)}
		if !gap {
			t.flags |= glued
		}
		if len(out) == 0 || lines > 0 {
			t.flags |= newline
			if len(out) == 0 || lines > 1 {
				t.flags |= paragraph
			}
		}
		if isWordByte(c) {
			i = l.scanWord(src, i, &t, short)
		} else if i = l.scan(src, i, &t, out); t.end == 0 { // dropped: invisible mark or the hyphen inside a word
			continue
		}
		if !gap && t.mark == 0 && len(out) > 0 && src[t.start-1] == '-' {
			t.flags |= hyphened
		}
		w := &l.info[t.word]
		t.tags, t.heat = w.tags, w.heat
		out = append(out, t)
		lines, gap = 0, false
	}
	return out
}

// scan reads one token at i, where no ASCII letter or digit stands, and returns
// where the next begins; t.end stays 0 if there is none to keep.
func (l *language) scan(src string, i int, t *token, before []token) int {
	c := src[i]
	if c < utf8.RuneSelf {
		if c == '\'' {
			return l.scanApostrophe(src, i, t)
		}
		if c == '-' && t.flags.has(glued) && i+1 < len(src) && (isWordByte(src[i+1]) || src[i+1] >= utf8.RuneSelf) && len(before) > 0 && before[len(before)-1].mark == 0 {
			return i + 1
		}
		t.end, t.mark = uint32(i+1), c
		return i + 1
	}
	r, n := utf8.DecodeRuneInString(src[i:])
	if m := markOf(r); m != 0 {
		if m == '\'' {
			return l.scanApostrophe(src, i, t)
		}
		t.end, t.mark = uint32(i+n), m
		return i + n
	}
	if isWordRune(r) {
		return l.scanWord(src, i, t, nil)
	}
	if classOf(r)&formatRune != 0 || unicode.IsSpace(r) || r == utf8.RuneError && n <= 1 {
		return i + n
	}
	t.end, t.mark = uint32(i+n), '*'
	return i + n
}

func isWordByte(c byte) bool { return c < utf8.RuneSelf && runeClasses[c]&wordRune != 0 }

func isWordRune(r rune) bool { return classOf(r)&wordRune != 0 }

// runeClass is what a rune can be.
type runeClass uint8

const (
	wordRune runeClass = 1 << iota // part of a word
	upperRune
	lowerRune
	digitRune
	formatRune // invisible
)

// classOf tells the class of any rune; those of the scripts at hand stand in a
// table.
func classOf(r rune) runeClass {
	if uint32(r) < uint32(len(runeClasses)) {
		return runeClasses[r]
	}
	return classify(r)
}

func classify(r rune) (c runeClass) {
	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == 'ـ' {
		c = wordRune
	}
	switch {
	case unicode.IsUpper(r):
		c |= upperRune
	case unicode.IsLower(r):
		c |= lowerRune
	case unicode.IsDigit(r):
		c |= digitRune
	case unicode.Is(unicode.Cf, r):
		c |= formatRune
	}
	return c
}

var runeClasses = func() (t [0x700]runeClass) {
	for r := range t {
		t[r] = classify(rune(r))
	}
	return t
}()

// byteClasses are the classes of the bytes that are ASCII letters and digits, 0 of
// others.
var byteClasses = func() (t [256]runeClass) {
	for c := range utf8.RuneSelf {
		if runeClasses[c]&wordRune != 0 {
			t[c] = runeClasses[c]
		}
	}
	return t
}()

// markOf gives the mark that stands for a rune of punctuation: quotes that
// open are <, that close are >, those that may be either ".
func markOf(r rune) byte {
	switch r {
	case '“', '«', '„', '‹':
		return '<'
	case '”', '»', '›':
		return '>'
	case '‘':
		return '<'
	case '’', 'ʼ':
		return '\''
	case '–', '—', '−', '―':
		return '-'
	case '،':
		return ','
	case '؛':
		return ';'
	case '؟':
		return '?'
	case '۔', '…', '。':
		return '.'
	case '٪':
		return '%'
	case '•', '·':
		return '*'
	}
	return 0
}

// scanApostrophe reads 's as a token of its own, n't is part of scanWord.
func (l *language) scanApostrophe(src string, i int, t *token) int {
	n := 1
	if src[i] >= utf8.RuneSelf {
		_, n = utf8.DecodeRuneInString(src[i:])
	}
	next := i + n
	if t.flags.has(glued) {
		j := next
		for j < len(src) && isWordByte(src[j]) {
			j++
		}
		switch tail := src[next:j]; {
		case tail == "s" || tail == "S":
			t.end, t.mark, t.word = uint32(j), 0, l.possessive
			return j
		case tail == "" && i > 0 && (src[i-1] == 's' || src[i-1] == 'S'):
			t.end, t.mark, t.word = uint32(next), '\'', l.possessive
			return next
		case tail == "re" || tail == "ve" || tail == "ll" || tail == "d" || tail == "m":
			t.end, t.word = uint32(j), l.find("'"+tail)
			return j
		}
		if j > next || next < len(src) && src[next] >= utf8.RuneSelf {
			return next // inside a name: Dar'a, Ba'ath
		}
		t.end, t.mark = uint32(next), '>'
		return next
	}
	t.end, t.mark = uint32(next), '<'
	return next
}

// scanWord reads a word or number beginning at i: most are plain ASCII letters.
func (l *language) scanWord(src string, i int, t *token, short *shortWords) int {
	var all runeClass
	upper, start := 0, uint64(0)
	j := i
	for ; j < len(src); j++ {
		c := src[j]
		k := byteClasses[c]
		if k == 0 {
			break
		}
		if all |= k; k&upperRune != 0 {
			upper++
			c += 'a' - 'A'
		}
		start |= uint64(c) << (8 * (j - i)) // nothing after startBytes
	}
	if all&digitRune != 0 || j-i > maxWord || !l.latin || j < len(src) && (src[j] >= utf8.RuneSelf || src[j] == '\'' || src[j] == '.' && upper > 0) {
		return l.scanOther(src, i, t)
	}
	t.end = uint32(j)
	if upper > 0 && isUpper(src[i]) {
		t.flags |= capital
		if upper > 1 && all&lowerRune == 0 {
			t.flags |= allCaps
		}
	}
	h := hashStart(start)
	if short != nil && j-i < startBytes {
		t.word = l.findShort(src[i:j], h, start, short)
		return j
	}
	for k := i + startBytes; k < j; k++ {
		c := src[k]
		if isUpper(c) {
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * hashPrime
	}
	t.word = l.findLower(src[i:j], h, start)
	return j
}

// scanOther reads a word of other letters than ASCII, a number, an abbreviation.
func (l *language) scanOther(src string, i int, t *token) int {
	j, upper, lower := i, 0, 0
	first := src[i]
	digits := '0' <= first && first <= '9'
	ascii := true
scan:
	for j < len(src) {
		c := src[j]
		switch {
		case 'a' <= c && c <= 'z':
			lower++
			j++
		case 'A' <= c && c <= 'Z':
			upper++
			j++
		case '0' <= c && c <= '9':
			j++
		case c == '.' && upper > 0 && j == i+1+2*((j-i)/2) && j+1 < len(src) && isUpper(src[j+1]) && (j+2 >= len(src) || !isWordByte(src[j+2])):
			j++ // U.S., U.N.: single capitals with points
		case c == '.' && upper > 1 && lower == 0 && j > i+1 && src[j-2] == '.':
			j++
			break scan
		case digits && (c == ',' || c == '.') && j+1 < len(src) && '0' <= src[j+1] && src[j+1] <= '9':
			j++
		case c == '\'' && j+1 < len(src) && (src[j+1] == 't' || src[j+1] == 'T') && j > i && (src[j-1] == 'n' || src[j-1] == 'N') && (j+2 >= len(src) || !isWordByte(src[j+2])):
			j += 2
		case c == '\'' && j > i && j+1 < len(src) && isWordByte(src[j+1]) && !contracted(src[j+1:]):
			j++ // Dar'a
		case c < utf8.RuneSelf:
			break scan
		default:
			r, n := utf8.DecodeRuneInString(src[j:])
			if r == '’' && j > i && j+n < len(src) && isWordByte(src[j+n]) && !contracted(src[j+n:]) {
				j += n
				continue
			}
			k := classOf(r)
			if k&wordRune == 0 && !(k&formatRune != 0 && joins(src[j+n:])) {
				break scan
			}
			ascii = false
			if k&upperRune != 0 {
				upper++
			} else if k&lowerRune != 0 {
				lower++
			}
			if j == i && k&digitRune != 0 {
				digits = true
			}
			j += n
		}
	}
	t.end = uint32(j)
	if digits {
		t.flags |= number
	}
	if upper > 0 && startsUpper(src[i:]) {
		t.flags |= capital
		if upper > 1 && lower == 0 {
			t.flags |= allCaps
		}
	}
	l.look(src[i:j], ascii, t)
	return j
}

// joins reports whether a word goes on after an invisible mark.
func joins(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return isWordRune(r) && rest != ""
}

// contracted reports whether s begins with the rest of a contraction ('s, 're).
func contracted(s string) bool {
	n := 0
	for n < len(s) && isWordByte(s[n]) {
		n++
	}
	switch s[:n] {
	case "s", "S", "re", "ve", "ll", "d", "m", "t":
		return true
	}
	return false
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func startsUpper(s string) bool {
	if s[0] < utf8.RuneSelf {
		return isUpper(s[0])
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// sentences parts tokens into sentences.
func (t *text) sentences(out []sentence) []sentence {
	first := 0
	cut := func(end int, heading bool) {
		for first < end {
			n := min(end, first+maxSentence)
			out = append(out, sentence{first: first, last: n, heading: heading && n == end})
			first = n
		}
	}
	for i := range t.toks {
		k := &t.toks[i]
		if i > first && k.flags.has(newline) && (k.flags.has(paragraph) || t.breaks(i)) {
			cut(i, !t.stopped(i-1))
		}
		if k.mark != '.' && k.mark != '?' && k.mark != '!' || !t.ends(i) {
			continue
		}
		end := i + 1
		for end < len(t.toks) && (t.toks[end].mark == '>' || t.toks[end].mark == '"' && t.toks[end].flags.has(glued) || t.toks[end].mark == '.' || t.toks[end].mark == ')') && !t.toks[end].flags.has(newline) {
			end++
		}
		cut(end, false)
	}
	cut(len(t.toks), len(t.toks) > 0 && !t.stopped(len(t.toks)-1))
	return out
}

// stopped reports whether a token is a final stop or closes one.
func (t *text) stopped(i int) bool {
	switch t.toks[i].mark {
	case '.', '?', '!', ':', ';':
		return true
	case '>', '"', ')':
		return i > 0 && (t.toks[i-1].mark == '.' || t.toks[i-1].mark == '?' || t.toks[i-1].mark == '!')
	}
	return false
}

// breaks reports whether the line that begins at token i begins a sentence:
// the line before ended one, or it begins like one and the line before is short
// for its text (a heading) or a list.
func (t *text) breaks(i int) bool {
	if t.stopped(i - 1) {
		return true
	}
	k := t.toks[i]
	return k.flags.has(capital) || k.flags.has(number) || k.mark == '*' || k.mark == '-' || k.mark == '<' || k.mark == '"' || !t.l.cased
}

// ends reports whether the stop at token i ends a sentence.
func (t *text) ends(i int) bool {
	if i+1 >= len(t.toks) {
		return true
	}
	next := t.toks[i+1]
	if next.mark == '>' || next.mark == '"' || next.mark == ')' {
		return t.toks[i].mark != '.' || i+2 >= len(t.toks) || !lowerStart(t, i+2)
	}
	if t.toks[i].mark != '.' {
		return !lowerStart(t, i+1)
	}
	if next.flags.has(glued) && next.mark == 0 {
		return false // 3.5, example.org
	}
	if next.mark == ',' || next.mark == '.' {
		return false
	}
	if i > 0 {
		prev := t.toks[i-1]
		if t.l.info[prev.word].tags.has(tagAbbrev) && t.toks[i].flags.has(glued) {
			return false
		}
		if prev.end-prev.start == 1 && (prev.flags.has(capital) || !t.mixed && !prev.flags.has(number)) && t.l.cased {
			return false // an initial
		}
	}
	return t.l.cased && t.mixed && !lowerStart(t, i+1) || !t.l.cased || !t.mixed
}

func lowerStart(t *text, i int) bool {
	k := t.toks[i]
	return t.l.cased && t.mixed && k.mark == 0 && !k.flags.has(capital) && !k.flags.has(number)
}
