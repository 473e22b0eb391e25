package truce

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestThePagesOfKindsAndRules holds docs/statements.md and docs/rules.md to
// the code's own tables. Run with -update to rewrite them.
func TestThePagesOfKindsAndRules(t *testing.T) {
	for name, want := range map[string]string{"statements.md": statementsPage(t), "rules.md": rulesPage()} {
		path := filepath.Join("..", "docs", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("docs/%s is not what the code says: run go test ./truce -run ThePages -update", name)
		}
	}
}

// remarks returns the comment of every field of every struct of the package,
// and of every type, by Type.Field and Type.
func remarks(t *testing.T) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	line := func(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				ts, ok := s.(*ast.TypeSpec)
				if !ok {
					continue
				}
				if g.Doc != nil {
					all[ts.Name.Name] = line(g.Doc)
				}
				st, ok := ts.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range st.Fields.List {
					for _, n := range field.Names {
						if field.Comment != nil {
							all[ts.Name.Name+"."+n.Name] = line(field.Comment)
						}
					}
				}
			}
		}
	}
	return all
}

func statementsPage(t *testing.T) string {
	notes := remarks(t)
	var b strings.Builder
	b.WriteString("# Kinds of statement\n\nWritten by `go test ./truce -run ThePages -update` from the table of kinds; do not edit.\n\n")
	b.WriteString("A statement is a JSON body in a DSSE envelope with one Ed25519 signature (a founding has several):\n`origin`, `regime`, `kind`, `v`, `office`, `desk`, `made_at`, `body`. Unknown fields, repeated names, numbers that are not whole,\n" +
		"invalid UTF-8 and anything after the end are refused. Times are RFC 3339 with an offset; points are in 1e-7 degree, longitude first.\nA kind of version 0 has no screen yet and is accepted by a demo origin only.\n")
	group := Group("")
	seen := map[reflect.Type]bool{}
	var nested []reflect.Type
	for _, k := range Kinds() {
		if k.Group != group {
			group = k.Group
			fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(string(group[:1]))+string(group[1:]))
		}
		typ := reflect.TypeOf(newBody(k.Kind)).Elem()
		fmt.Fprintf(&b, "\n### %s, version %d\n\n%s\n\n%s\n\n", k.Kind, k.Version, notes[typ.Name()], whoMaySay(k))
		nested = append(nested, fieldsTable(&b, typ, notes)...)
	}
	b.WriteString("\n## Parts\n")
	for len(nested) > 0 {
		typ := nested[0]
		nested = nested[1:]
		if seen[typ] || slices.ContainsFunc(Kinds(), func(k KindInfo) bool { return reflect.TypeOf(newBody(k.Kind)).Elem() == typ }) {
			continue
		}
		seen[typ] = true
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", typ.Name(), notes[typ.Name()])
		nested = append(nested, fieldsTable(&b, typ, notes)...)
	}
	return b.String()
}

func whoMaySay(k KindInfo) string {
	who := "Every office may say it"
	if len(k.Who) > 0 {
		var roles []string
		for _, r := range k.Who {
			roles = append(roles, string(r))
		}
		who = "Said by an office of role " + strings.Join(roles, ", ")
	}
	switch {
	case k.TwoKey:
		who += "; needs an office key, and is in force when every other co-chair has concurred"
	case k.Binding:
		who += "; binds its office and needs an office key"
	}
	return who + "."
}

// fieldsTable writes the fields of a struct and returns the structs they hold.
func fieldsTable(b *strings.Builder, typ reflect.Type, notes map[string]string) []reflect.Type {
	var nested []reflect.Type
	b.WriteString("| field | type | |\n|---|---|---|\n")
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			nested = append(nested, f.Type)
			fmt.Fprintf(b, "| | fields of %s | |\n", f.Type.Name())
			continue
		}
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		may := ""
		if strings.HasPrefix(opts, "omit") {
			may = ", may be left out"
		}
		words, inner := typeWords(f.Type)
		if inner != nil {
			nested = append(nested, inner)
		}
		fmt.Fprintf(b, "| `%s` | %s%s | %s |\n", name, words, may, strings.ReplaceAll(notes[typ.Name()+"."+f.Name], "|", "or"))
	}
	return nested
}

func typeWords(t reflect.Type) (string, reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		return typeWords(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "base64", nil
		}
		words, inner := typeWords(t.Elem())
		return "list of " + words, inner
	case reflect.Array:
		return t.Name(), nil // a digest
	case reflect.Map:
		return "object of texts", nil
	case reflect.Struct:
		if t == reflect.TypeFor[ClaimRef]() {
			return "claim reference", nil
		}
		return t.Name(), t
	case reflect.String:
		if t.Name() != "string" {
			return "text (" + t.Name() + ")", nil
		}
		return "text", nil
	case reflect.Bool:
		return "true or false", nil
	default:
		if t == reflect.TypeFor[Instant]() {
			return "time", nil
		}
		return "whole number", nil
	}
}

func rulesPage() string {
	var b strings.Builder
	b.WriteString("# Rules\n\nWritten by `go test ./truce -run ThePages -update` from the code's own tables; do not edit.\n\n")
	b.WriteString("## How a verdict is found\n\n" +
		"One verdict per act, per actor (a coalition: per member) and per office's reading, as known at an index of the record.\n" +
		"Each term that prohibits or obliges is asked in this order:\n\n" +
		"1. Is the act one that the term lists, or that the office reads into it? An act known only more coarsely is insufficient facts.\n" +
		"2. Does its time lie in a span of the term's sort in this reading? A start that was not stated stays not stated.\n" +
		"3. Does its place lie in what the span takes in, in this reading? A precision that straddles the edge is insufficient facts (area).\n" +
		"4. Is the actor one of the term's duty-bearers?\n" +
		"5. Is one of the term's own exceptions met (exempt), claimed and unsigned (insufficient facts), or signed as not met (it falls)? Who is alleged to have done the act claims and does not sign.\n" +
		"6. Is who was hit among those it protects: the targets named, else whoever held the place?\n" +
		"7. Do its conditions hold, and those that the office reads into it?\n\n" +
		"The first clear no of 1 to 4 puts the act outside, even where an earlier question is unsure; an actor whose duty is unsure makes the facts insufficient, whoever was hit.\n" +
		"A permit or exempt term gives no verdict of its own. The reading's own answer is the first among its terms in the order prohibited, insufficient, exempt, outside;\n" +
		"of the outside ones, actor goes before area, time and act, since it got furthest.\n\n")
	b.WriteString("## Moves of a case\n\nWhat is not in this table cannot be admitted. A refusal names the rule. \"Stays\" leaves the case where it is.\n\n| rule | from | to | by | roles | if |\n|---|---|---|---|---|---|\n")
	resumed := false
	for _, a := range Arrows() {
		if a.Rule == "resume" {
			if resumed {
				continue
			}
			resumed = true
			a.To = "where it stood"
		}
		from, to, by := joined(a.From), string(a.To), string(a.By)
		if a.From == nil {
			from = "any"
			if a.Rule == "open" {
				from = "nothing"
			}
		}
		if to == "" {
			to = "stays"
		}
		if by == "" {
			by = "the rule itself"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", a.Rule, from, to, by, joined(a.Roles), a.When)
	}
	b.WriteString("\nEvery co-chair's answer to the newest proposal makes the finding: all concur, joint; one reserves, joint with reservation; one dissents and one agrees, parallel, and no outcome is joint;\n" +
		"all dissent, none, and another proposal, a deadlock or a referral may follow. Silence is never consent. The mediator proposes and breaks no tie.\n\n" +
		"Clocks run on receipt times under the procedure in force when the case opened. A clock that has run out is a state to show and decides nothing.\n\n")
	b.WriteString("## Casualties, rule " + CasualtyRule + "\n\n" +
		"Only figures of equal kind, scope, whom they count and status merge. Per lineage the newest supersedes, by when it was said, then by index. Low is the least and high the greatest over lineages; an open upper end says \"or more\".\n" +
		"Best is the lower median of the lineages' points: n for exact, at least and about; the lower end of a range, of \"nearly\" and of hedged words; none for \"up to\". Who is alleged to have done it, and who counts its own fighters, bounds and does not point.\n" +
		"A denial is a claim about attribution, not \"0 killed\".\n\n## Taxonomy\n\nWhat a term says of a node it says of all below it.\n")
	kind := NodeKind("")
	depth := map[string]int{}
	for _, n := range Taxonomy() {
		if n.Kind != kind {
			kind = n.Kind
			fmt.Fprintf(&b, "\n### %ss\n\n", strings.ToUpper(string(kind[:1]))+string(kind[1:]))
		}
		if n.Parent != "" {
			depth[n.Name] = depth[n.Parent] + 1
		}
		fmt.Fprintf(&b, "%s- `%s`\n", strings.Repeat("  ", depth[n.Name]), n.Name)
	}
	return b.String()
}

func joined[T ~string](all []T) string {
	var s []string
	for _, x := range all {
		s = append(s, string(x))
	}
	return strings.Join(s, ", ")
}
