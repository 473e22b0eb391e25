package link

import (
	"strings"
	"unicode"
)

// Fold writes a name or a word in one spelling: lower case, without marks,
// punctuation or a leading article, the letters that Arabic writers exchange
// made one. It is for comparing, not for showing.
func Fold(s string) string {
	var b strings.Builder
	space := true
	for _, r := range s {
		r = foldRune(r)
		switch {
		case r == 0:
		case r == ' ':
			if !space {
				b.WriteByte(' ')
			}
			space = true
		default:
			if space {
				space = false
			}
			b.WriteRune(r)
		}
	}
	words := strings.Fields(b.String())
	for i, w := range words {
		words[i] = article(w)
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// article takes the Arabic article off a word that stays long enough, with the
// conjunction or preposition that is written onto it.
func article(w string) string {
	if w == "al" || w == "el" {
		return ""
	}
	for _, prefix := range [...]string{"ال", "وال", "بال", "فال", "كال", "لل"} {
		if rest, ok := strings.CutPrefix(w, prefix); ok && len(rest) >= 6 {
			return rest
		}
	}
	return w
}

// foldRune returns the letter under which r is compared, 0 to leave it out,
// and a blank between words.
func foldRune(r rune) rune {
	switch r {
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ى', 'ئ':
		return 'ي'
	case 'ؤ':
		return 'و'
	case 'ة':
		return 'ه'
	case 'ـ', 'ء', '\'', '’', '‘', '`', 'ʿ', 'ʾ':
		return 0
	}
	switch {
	case r < 0x80:
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return ' '
	case '٠' <= r && r <= '٩':
		return r - '٠' + '0'
	case '۰' <= r && r <= '۹':
		return r - '۰' + '0'
	case 0xC0 <= r && r < 0x180:
		return latin(r)
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		return 0
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return unicode.ToLower(r)
	}
	return ' '
}

// latin takes the mark off a letter of the Latin blocks that have one.
func latin(r rune) rune {
	const plain = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty" + // U+00C0
		"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
	if i := int(r - 0xC0); i < len(plain) {
		return rune(plain[i])
	}
	return r
}
