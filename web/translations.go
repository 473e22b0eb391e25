package web

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// sideBySide is one text of a statement with its translations.
type sideBySide struct {
	Field string
	Texts []sideText
}

// sideText is a text in one language: the statement's own, or a translation
// with who made it.
type sideText struct {
	Lang, LangName, Text string
	By                   string // "" is the statement's own
	Statement            Link
	Authentic            bool
}

// translations sets the translations of a statement beside the texts that they
// are of, in the order of the record.
func (v *visit) translations(x picture.Statement, by []picture.Statement) ([]sideBySide, error) {
	var out []sideBySide
	for _, s := range by {
		if s.Kind != "translation" || s.Refused != "" || s.GoneAt >= 0 {
			continue
		}
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		tr, ok := body.(*truce.Translation)
		if !ok || tr.Of != x.ID {
			continue
		}
		i := slices.IndexFunc(out, func(o sideBySide) bool { return o.Field == tr.Field })
		if i < 0 {
			i = len(out)
			out = append(out, sideBySide{tr.Field, []sideText{{Lang: tr.From, LangName: v.langName(tr.From), Text: textAt(x.Payload, tr.Field)}}})
		}
		side := &out[i]
		side.Texts = append(side.Texts, sideText{Lang: tr.To, LangName: v.langName(tr.To), Text: tr.Text, By: tr.By, Statement: statementLink(s.Index)})
		for k := range side.Texts {
			side.Texts[k].Authentic = side.Texts[k].Lang == tr.Authentic // the newest word on it
		}
	}
	return out, nil
}

// langName is a language by its own name, else its code.
func (v *visit) langName(code string) string {
	if w, ok := writingOf(code); ok && code != Pseudo {
		return w.own
	}
	return code
}

// textAt is the text at a path such as body.reasons.0.text, "" where none is.
func textAt(payload, path string) string {
	var at any
	if json.Unmarshal([]byte(payload), &at) != nil {
		return ""
	}
	for name := range strings.SplitSeq(path, ".") {
		switch x := at.(type) {
		case map[string]any:
			at = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(x) {
				return ""
			}
			at = x[i]
		default:
			return ""
		}
	}
	s, _ := at.(string)
	return s
}

// worded are the paths of a statement's texts that a person may translate.
func worded(payload string) []Choice {
	const maxPaths = 60
	var at struct{ Body any }
	if json.Unmarshal([]byte(payload), &at) != nil {
		return nil
	}
	var out []Choice
	var walk func(path string, x any)
	walk = func(path string, x any) {
		switch x := x.(type) {
		case map[string]any:
			for _, name := range []string{"title", "name", "subject", "summary", "verbatim", "alleged", "asks", "text", "reasons", "reason", "why", "note", "act"} {
				if y, ok := x[name]; ok {
					walk(path+"."+name, y)
				}
			}
		case []any:
			for i, y := range x {
				walk(path+"."+strconv.Itoa(i), y)
			}
		case string:
			if x != "" && len(out) < maxPaths {
				out = append(out, Choice{path, strings.TrimPrefix(path, "body.") + ": " + clipText(x)})
			}
		}
	}
	walk("body", at.Body)
	return out
}

// translationFields are the questions of the form that adds a translation.
func (v *visit) translationFields(x picture.Statement) []Field {
	fields := worded(x.Payload)
	if v.me.ID == "" || len(fields) == 0 {
		return nil
	}
	var langs []Choice
	for _, code := range []string{"ar", "en", "fr", "ru"} {
		langs = append(langs, Choice{code, v.langName(code)})
	}
	t := v.t
	return []Field{
		{Name: "field", Label: t.T("translation.field"), Choices: fields, Required: true}, {Name: "from", Label: t.T("translation.from"), Choices: langs, Required: true},
		{Name: "to", Label: t.T("translation.to"), Choices: langs, Required: true}, {Name: "text", Label: t.T("translation.text"), Long: true, Required: true},
		{Name: "authentic", Label: t.T("translation.authentic"), Choices: langs, Required: true},
	}
}

// translate adds a translation of a statement's words, in the name of who made
// it.
func (s *site) translate(v *visit) error {
	x, err := v.statementAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	body, err := v.translationOf(x, form)
	if err != nil {
		return err
	}
	if _, err := v.say(body); err != nil {
		return err
	}
	return v.see(statementLink(x.Index).Href + "#translations")
}

func (v *visit) translationOf(x picture.Statement, form url.Values) (*truce.Translation, error) {
	b := &truce.Translation{
		Of: x.ID, Field: form.Get("field"), From: form.Get("from"), To: form.Get("to"), Text: strings.TrimSpace(form.Get("text")), Authentic: form.Get("authentic"),
		By: v.officeName(v.me.ID) + ", " + v.who.Name,
	}
	if textAt(x.Payload, b.Field) == "" {
		return nil, &truce.Error{Kind: truce.Invalid, Field: "field", Why: strconv.Quote(b.Field) + " is no text of this statement: choose one of the list"}
	}
	if b.From == b.To {
		return nil, &truce.Error{Kind: truce.Invalid, Field: "to", Why: "a translation is into another language"}
	}
	return b, b.Validate()
}
