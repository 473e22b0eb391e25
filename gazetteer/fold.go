package gazetteer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the spelling under which a name is looked up: lower case,
// without marks, quotes and hamza, hyphens and other punctuation as one blank,
// Arabic forms and digits made one. Equal texts in NFC and NFD fold alike.
func Fold(s string) string {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
			return string(appendFold(make([]byte, 0, 2*maxCompared), s))
		}
	}
	return s
}

// appendFold appends the folded spelling of s to an empty b.
func appendFold(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			b = foldASCII(b, c)
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r >= utf8.RuneSelf && int(r) < len(foldTable) {
			f := &foldTable[r]
			if f.blank && len(b) > 0 && b[len(b)-1] != ' ' {
				b = append(b, ' ')
			}
			b = append(b, f.to...)
			continue
		}
		b = foldRune(b, r)
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// foldTable holds what the runes of the scripts at hand fold to: a blank if one
// does not stand there yet, and a text.
var foldTable = func() (t [0x700]struct {
	to    string
	blank bool
}) {
	for r := rune(utf8.RuneSelf); int(r) < len(t); r++ {
		s := string(foldRune([]byte("x"), r)[1:])
		t[r].to, t[r].blank = strings.CutPrefix(s, " ")
	}
	return t
}()

func foldASCII(b []byte, c byte) []byte {
	switch {
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return append(b, c)
	case 'A' <= c && c <= 'Z':
		return append(b, c+'a'-'A')
	case c == '\'' || c == '`':
		return b
	case len(b) > 0 && b[len(b)-1] != ' ':
		return append(b, ' ')
	}
	return b
}

// straight are the runes that fold to one spelling without decomposing.
var straight = map[rune]string{
	'أ': "ا", 'إ': "ا", 'آ': "ا", 'ٱ': "ا", 'ى': "ي", 'ة': "ه", 'ؤ': "", 'ئ': "", 'ء': "", 'ـ': "",
	'ک': "ك", 'ی': "ي", 'گ': "ك", 'پ': "ب", 'چ': "ج", 'ژ': "ج", 'ڤ': "ف",
	'ß': "ss", 'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ı': "i", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ð': "d", 'þ': "th",
	'ʿ': "", 'ʾ': "", 'ʻ': "", 'ʼ': "", '’': "", '‘': "", '´': "", 'ʹ': "", '′': "", '“': "", '”': "",
	'І': "и", 'і': "и", 'ї': "и", 'Ї': "и", 'є': "е", 'Є': "е", 'ґ': "г", 'Ґ': "г",
}

func foldRune(b []byte, r rune) []byte {
	if s, ok := straight[r]; ok {
		return append(b, s...)
	}
	switch {
	case 'ا' <= r && r <= 'ي', 'а' <= r && r <= 'я' && r != 'й':
		return utf8.AppendRune(b, r)
	case 'А' <= r && r <= 'Я' && r != 'Й':
		return utf8.AppendRune(b, r+'а'-'А')
	case '٠' <= r && r <= '٩':
		return append(b, byte('0'+r-'٠'))
	case '۰' <= r && r <= '۹':
		return append(b, byte('0'+r-'۰'))
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return b
	}
	if d := norm.NFKD.PropertiesString(string(r)).Decomposition(); len(d) > 0 {
		for _, x := range string(d) {
			if x != r && x < utf8.RuneSelf {
				b = foldASCII(b, byte(x))
			} else if x != r {
				b = foldRune(b, x)
			}
		}
		return b
	}
	if low := unicode.ToLower(r); low != r {
		return foldRune(b, low) // which may have a spelling of its own, such as þ
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return utf8.AppendRune(b, r)
	}
	if len(b) > 0 && b[len(b)-1] != ' ' {
		b = append(b, ' ')
	}
	return b
}

// analysis is a name taken apart.
type analysis struct {
	folded  string
	words   []string // of the folded spelling
	core    []string // words that name; all words where nothing else is left
	generic uint32   // bits of the generics among its words (Tell, Deir, ...)
	qual    uint32   // bits of its qualifiers (East, Upper, ...)
	class   Class    // what its class word says (village, countryside, ...)
	thing   bool     // it is a thing named after a place: the X road, the X square
}

func analyse(s string) (a analysis) {
	a.take(s)
	return a
}

// take takes a name apart; what a held before is overwritten.
func (a *analysis) take(s string) {
	*a = analysis{folded: Fold(s), words: a.words[:0], core: a.core[:0]}
	for w := range strings.SplitSeq(a.folded, " ") { // Fold parts words by one blank
		if w != "" {
			a.words = append(a.words, w)
		}
	}
	words := a.words
	for i, w := range words {
		if len(words) > 1 {
			if isArticle(w, words, i) {
				continue
			}
			w = dropArabicArticle(w)
			if g, ok := generics[w]; ok {
				a.generic |= 1 << g
				continue
			}
			if q, ok := qualifiers[trimNisba(w)]; ok {
				a.qual |= 1 << q
				continue
			}
			if c, ok := classWords[w]; ok {
				if c != "" {
					a.class = c
				}
				a.thing = a.thing || c == Road || c == Facility || c == Crossing
				continue
			}
		} else {
			w = dropArabicArticle(w)
		}
		if rest := cutKafr(w); rest != "" && a.generic == 0 {
			a.generic |= 1 << generics["kafr"]
			w = rest
		}
		if rest := cutDin(w); rest != "" {
			a.core = append(a.core, rest)
			w = "din"
		}
		a.core = append(a.core, w)
	}
	if len(a.core) == 0 {
		a.core, a.generic, a.qual = append(a.core, words...), 0, 0
	}
}

// plain returns the key of plain spelling: the core. The second key is the core
// with a glued Latin article cut, empty where there is none.
func (a *analysis) plain() (key, cut string) {
	key = a.folded
	if len(a.core) != len(a.words) || !slices.Equal(a.core, a.words) {
		key = strings.Join(a.core, " ")
	}
	if !slices.ContainsFunc(a.core, func(w string) bool { return cutGlued(w) != w }) {
		return key, ""
	}
	glued := make([]string, len(a.core))
	for i, w := range a.core {
		glued[i] = cutGlued(w)
	}
	return key, strings.Join(glued, " ")
}

// spell appends the core in one Latin spelling, vowels folded, for comparing,
// and its consonant skeleton.
func (a *analysis) spell(roman, bones []byte) (_, _ []byte) {
	for i, w := range a.core {
		if i > 0 {
			roman, bones = append(roman, ' '), append(bones, ' ')
		}
		from := len(roman)
		roman = romanise(roman, cutGlued(w))
		bones = skeleton(bones, roman[from:])
	}
	return roman, bones
}

func isArticle(w string, words []string, i int) bool {
	if i == len(words)-1 {
		return false
	}
	switch w {
	case "al", "el", "ul", "il", "l", "the", "эль", "аль":
		return true
	case "ash", "esh", "ar", "er", "as", "es", "at", "et", "ad", "ed", "az", "ez", "an", "en", "ath", "adh", "эш", "аш", "эр", "ар", "эс", "ас", "эт", "ат", "эд", "ад", "эз", "аз", "эн", "ан":
		first, _ := utf8.DecodeRuneInString(words[i+1])
		second, _ := utf8.DecodeRuneInString(w[len(w)-utf8.RuneLen(first):])
		return first == second || strings.HasPrefix(words[i+1], w[1:])
	}
	return false
}

func dropArabicArticle(w string) string {
	if rest, ok := strings.CutPrefix(w, "ال"); ok && utf8.RuneCountInString(rest) >= 3 {
		return rest
	}
	return w
}

// cutGlued cuts an article written in one with a Latin word: "alkousur",
// "arraml"; never to fewer than three letters.
func cutGlued(w string) string {
	if len(w) < 5 || w[1] >= utf8.RuneSelf {
		return w
	}
	if w[0] != 'a' && w[0] != 'e' && w[0] != 'u' {
		return w
	}
	if w[1] == 'l' {
		return w[2:]
	}
	if w[1] == w[2] && strings.IndexByte("tdrzsn", w[1]) >= 0 {
		return w[2:]
	}
	if len(w) > 6 && w[1] == 's' && w[2] == 'h' && w[3] == 's' && w[4] == 'h' {
		return w[3:]
	}
	return w
}

// cutKafr parts a name written in one with Kafr, the generic that is glued most
// often: kafarnubbol. It returns what is left, "" if there is nothing to part.
func cutKafr(w string) string {
	for _, g := range []string{"kafar", "kafer", "kafr", "kfar", "kefr", "kifr", "kfer", "kfr", "кафр", "кефр", "كفر"} {
		if rest, ok := strings.CutPrefix(w, g); ok && utf8.RuneCountInString(rest) >= 3 {
			return rest
		}
	}
	return ""
}

// cutDin parts a name written in one with -ed-din: rukneddin, salaheldeen. It
// returns what stands before, "" if there is nothing to part.
func cutDin(w string) string {
	for _, end := range []string{"eddin", "eddine", "eddeen", "eldin", "eldine", "eldeen", "aldin", "aldeen", "uddin", "addin", "addeen"} {
		if rest, ok := strings.CutSuffix(w, end); ok && len(rest) >= 3 {
			return rest
		}
	}
	return ""
}

// trimNisba takes the adjective ending of a qualifier off: sharqiyeh, sharqiya.
func trimNisba(w string) string {
	for _, end := range []string{"iyyeh", "iyyah", "iyeh", "iyah", "iyya", "ieh", "iah", "iya", "yeh", "ye", "eh", "ah", "a", "i", "y", "ие", "ия", "ийя", "ية", "يه", "ي", "ه"} {
		if rest, ok := strings.CutSuffix(w, end); ok && len(rest) >= 4 {
			return rest
		}
	}
	return w
}

const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

func hash[S string | []byte](s S) uint32 { return hashOn(fnvOffset, s) }

// hashOn goes on from the hash of what stands before s.
func hashOn[S string | []byte](h uint32, s S) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * fnvPrime
	}
	return h
}
