package extract

import (
	"strings"
	"testing"
)

func TestLettersAreCountedAlikeByOneAndByEight(t *testing.T) {
	for c := range byte(0x80) {
		s := "x1 Y" + string(rune(c)) + "@[z"
		upper, lower := 0, 0
		for i := range len(s) {
			upper += int(runeClasses[s[i]] & upperRune / upperRune)
			lower += int(runeClasses[s[i]] & lowerRune / lowerRune)
		}
		if w := eightBytes(s); between8(w, 'A', 'Z') != upper || between8(w, 'a', 'z') != lower {
			t.Errorf("%q has %d and %d capitals and small letters, counted %d and %d", s, upper, lower, between8(w, 'A', 'Z'), between8(w, 'a', 'z'))
		}
	}
}

func TestAWordIsFoundAlikeInEveryWay(t *testing.T) {
	l := engine(t).dict.langs["en"]
	short := &shortWords{}
	for range 2 { // sought, then remembered
		for _, w := range l.words[1:] {
			for _, w := range []string{w, w + "q", w[:len(w)-1]} {
				plain := w != ""
				for i := range len(w) {
					plain = plain && 'a' <= w[i] && w[i] <= 'z'
				}
				if !plain || len(w) > maxWord {
					continue
				}
				k := l.tokenise(strings.ToUpper(w), nil, short.shortOf(l))[0]
				if want := l.find(w); k.word != want {
					t.Fatalf("%q is word %d, read as %d", w, want, k.word)
				}
			}
		}
	}
}
