package bulletin

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

//go:embed words/*.json
var wordFiles embed.FS

// words is one language of the bulletin: flat messages with {name} places. A
// bulletin writes figures after a colon, so that no message needs a plural.
type words struct {
	lang   string
	texts  map[string]string
	digest truce.Digest
}

// loadWords reads one language strictly: one flat object of texts, no key
// twice.
func loadWords(lang string) (*words, error) {
	b, err := wordFiles.ReadFile("words/" + lang + ".json")
	if err != nil {
		return nil, invalid("lang", "there are no words in %q: write en or ar", lang)
	}
	w := &words{lang: lang, digest: truce.DigestOf(b)}
	if w.texts, err = readWords(b); err != nil {
		return nil, fmt.Errorf("words/%s.json: %w", lang, err)
	}
	return w, nil
}

func readWords(b []byte) (map[string]string, error) {
	dec := json.NewDecoder(strings.NewReader(string(b)))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("want one flat object of key to message")
	}
	texts := map[string]string{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var text string
		if err := dec.Decode(&text); err != nil {
			return nil, fmt.Errorf("%v: %w", key, err)
		}
		k, _ := key.(string)
		if _, twice := texts[k]; twice || text == "" {
			return nil, fmt.Errorf("%s stands twice or says nothing", k)
		}
		texts[k] = text
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("something stands after the object")
	}
	return texts, nil
}

// t returns a message with its places filled by pairs of name and value. An
// unknown key shows itself in double braces; the tests refuse it.
func (w *words) t(key string, args ...any) string {
	text, ok := w.texts[key]
	if !ok {
		return "{{" + key + "}}"
	}
	for i := 0; i+1 < len(args); i += 2 {
		text = strings.ReplaceAll(text, "{"+fmt.Sprint(args[i])+"}", fmt.Sprint(args[i+1]))
	}
	return text
}

// has reports whether the catalogue knows a key.
func (w *words) has(key string) bool { _, ok := w.texts[key]; return ok }

// dir is the direction of the writing.
func (w *words) dir() string { return w.t("dir") }

// name returns a name in this language, else the first given, else the id.
func (w *words) name(n Named) string {
	if n.ID == "" && len(n.Name) == 0 {
		return w.t("not-stated")
	}
	return truce.NameIn(n.Name, w.lang, n.ID)
}

// date writes a date out: 5 May 2016.
func (w *words) date(year, month, day int) string {
	return w.t("date", "day", day, "month", w.t("month."+strconv.Itoa(month)), "year", year)
}

// day writes a counting day out.
func (w *words) day(s string) string {
	var y, m, d int
	if n, err := fmt.Sscanf(s, "%d-%d-%d", &y, &m, &d); n != 3 || err != nil {
		return s
	}
	return w.date(y, m, d)
}

// at writes an instant with its zone, and in UTC.
func (w *words) at(z truce.Zone, i truce.Instant) string {
	if i == 0 {
		return w.t("not-stated")
	}
	local, utc := z.Local(i), i.Time()
	_, abbrev := z.Offset(i)
	u := utc.Format("15:04")
	if local.Day() != utc.Day() {
		u = utc.Format("2006-01-02 15:04")
	}
	return w.t("time", "date", w.date(local.Year(), int(local.Month()), local.Day()), "clock", local.Format("15:04"), "zone", abbrev, "utc", u)
}

// length writes minutes as hours and minutes.
func (w *words) length(minutes int) string {
	if minutes%60 == 0 {
		return w.t("hours", "h", minutes/60)
	}
	return w.t("hours-minutes", "h", minutes/60, "m", minutes%60)
}
