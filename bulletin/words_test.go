package bulletin

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

func allWords(t *testing.T) map[string]*words {
	t.Helper()
	all := map[string]*words{}
	for _, lang := range Langs() {
		w, err := loadWords(lang)
		if err != nil {
			t.Fatal(err)
		}
		all[lang] = w
	}
	return all
}

func TestEveryLanguageHasTheSameKeysAndPlaces(t *testing.T) {
	all := allWords(t)
	place := regexp.MustCompile(`\{[a-z]+\}`)
	places := func(s string) []string {
		found := place.FindAllString(s, -1)
		slices.Sort(found)
		return found
	}
	for lang, w := range all {
		for key, text := range all["en"].texts {
			if !w.has(key) {
				t.Errorf("%s lacks %s", lang, key)
			} else if !slices.Equal(places(text), places(w.texts[key])) {
				t.Errorf("%s: %s has the places %v, English has %v", lang, key, places(w.texts[key]), places(text))
			}
		}
		for key := range w.texts {
			if !all["en"].has(key) {
				t.Errorf("%s has %s, English has not", lang, key)
			}
		}
	}
}

func TestEveryKeyIsUsed(t *testing.T) {
	used := pageText
	for _, file := range []string{"html.go", "words.go", "highlights.go", "draw.go", "table.go"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		used += string(b)
	}
	for key := range allWords(t)["en"].texts {
		group, _, _ := strings.Cut(key, ".")
		byCode := regexp.MustCompile(`word[ (]"` + group + `"|"` + group + `\."|\{"` + group + `", `)
		if !strings.Contains(used, `"`+key+`"`) && !byCode.MatchString(used) {
			t.Errorf("%s is used nowhere: remove it", key)
		}
	}
}

func TestEveryActAndObjectHasWords(t *testing.T) {
	for lang, w := range allWords(t) {
		for _, n := range truce.Taxonomy() {
			if n.Kind == truce.Acts && !w.has("act."+n.Name) || n.Kind == truce.Objects && !w.has("object."+n.Name) {
				t.Errorf("%s has no words for %s %s", lang, n.Kind, n.Name)
			}
		}
	}
}

func TestNoWordTakesASide(t *testing.T) {
	for lang, list := range map[string][]string{"en": {"terrorist", "militant", "regime of", "rebel"}, "ar": {"إرهاب", "النظام", "متمرد"}} {
		for key, text := range allWords(t)[lang].texts {
			for _, word := range list {
				if strings.Contains(strings.ToLower(text), word) {
					t.Errorf("%s: %s says %q", lang, key, word)
				}
			}
		}
	}
}

func TestACatalogueIsReadStrictly(t *testing.T) {
	for name, text := range map[string]string{
		"a list": `["a"]`, "a key twice": `{"a":"x","a":"y"}`, "an empty text": `{"a":""}`, "a number": `{"a":1}`, "cut off": `{"a":"x"`, "words after the end": `{"a":"x"} {}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := readWords([]byte(text)); err == nil {
				t.Errorf("read as %v", got)
			}
		})
	}
}
