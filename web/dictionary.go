package web

import (
	"fmt"
	"strings"

	"github.com/marchday/marchday/truce"
)

// dictionaryLines writes a correction as lines of a dictionary by which the
// machine would have read it so, each with its test where the file has tests,
// and before it the file that it belongs into. What no line can say gives none.
func dictionaryLines(words, lang string, machine, said truce.Claim) []string {
	cut := func(s *truce.Span) string {
		if s == nil || int(s.End) > len(words) || s.Start >= s.End {
			return ""
		}
		return strings.Join(strings.Fields(words[s.Start:s.End]), " ")
	}
	if lang == "" {
		lang = "en"
	}
	var out []string
	put := func(file, line string) { out = append(out, "# "+file, line) }
	if was, is := refID(machine.Actors), refID(said.Actors); was != is && is != "" && is != "unknown" && len(machine.Actors) > 0 {
		if form := cut(machine.Actors[0].Span); form != "" {
			put("actors.tsv", actorLine(is, lang, form))
		}
	}
	if was, is := refID(machine.Targets), refID(said.Targets); was != is && is != "" && is != "unknown" && len(machine.Targets) > 0 {
		if form := cut(machine.Targets[0].Span); form != "" {
			put("actors.tsv", actorLine(is, lang, form))
		}
	}
	if len(machine.Where) > 0 && len(said.Where) > 0 && machine.Where[0].Place != said.Where[0].Place {
		if form := cut(machine.Where[0].Span); form != "" {
			put("overrides.tsv", fmt.Sprintf("%s\t%s\ta reviewer's correction", form, said.Where[0].Place))
		}
	}
	trigger, clause := cut(machine.Trigger), cut(machine.Clause)
	if machine.Event != said.Event && trigger != "" && !strings.ContainsAny(clause, "\"\n") {
		opens := "phrase: " + trigger
		if verb, regular := strings.CutSuffix(trigger, "ed"); regular && lang == "en" && !strings.Contains(trigger, " ") {
			opens = "verb: " + verb + "/" + trigger + "/" + trigger + "\n  need: subj obj by {some}"
		}
		put(lang+"/frames.txt", fmt.Sprintf("frame %s_reviewed\n  event: %s\n  %s\n  actor: subj by\n  target: obj on of\n  test \"%s\" -> event=%s\n  test \"Nothing of the sort is told here\" -> none", said.Event, said.Event, opens, clause, said.Event))
	}
	return out
}

// learned gives the lines that the corrections of a report amount to as a file,
// for whoever looks after the dictionaries.
func (s *site) learned(v *visit) error {
	p, err := queryReport(v)
	if err != nil {
		return err
	}
	if len(p.Learned) == 0 {
		return &truce.Error{Kind: truce.Unknown, Why: v.t.T("report.no_dictionary")}
	}
	v.w.Header().Set("Content-Disposition", `attachment; filename="dictionary-`+p.Statement.Label+`.txt"`)
	return v.sendFile("text/plain; charset=utf-8", []byte(strings.Join(p.Learned, "\n")+"\n"))
}

// actorLine is a row of actors.tsv that adds a form to somebody's names.
func actorLine(id, lang, form string) string {
	kind, name, _ := strings.Cut(id, ":")
	return fmt.Sprintf("%s\t%s\t%s\t\t\t\t%s:%s\n#test \"%s\" -> %s", id, name, kind, lang, strings.ReplaceAll(form, "|", " "), form, id)
}
