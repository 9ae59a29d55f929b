package config

import (
	"fmt"
	"reflect"
	"time"

	"github.com/alecthomas/kong"
)

// KongOption teaches kong our durations ("30d") and makes --help show what
// each setting accepts and its environment variable. A parser of a struct that
// embeds Config needs it.
func KongOption() kong.Option {
	return kong.OptionFunc(func(k *kong.Kong) error {
		durations := kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(decodeDuration))
		if err := durations.Apply(k); err != nil {
			return err
		}
		return kong.ValueFormatter(describe).Apply(k)
	})
}

func decodeDuration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	return decode(target, text)
}

func describe(value *kong.Value) string {
	s, ok := find(snake(value.Name))
	if !ok || value.Flag == nil || value.Help != s.tag.Get("help") {
		return kong.DefaultHelpValueFormatter(value)
	}
	return fmt.Sprintf("%s [$%s]", s.meaning(), s.env())
}

// Flags returns, by key, the settings given on the command line, for Load.
func Flags(ctx *kong.Context) map[string]string {
	given := map[string]string{}
	for _, step := range ctx.Path {
		if step.Flag == nil || step.Resolved {
			continue
		}
		if s, ok := find(snake(step.Flag.Name)); ok && s.hasFlag() && s.typ == step.Flag.Target.Type() {
			given[s.key] = encode(step.Flag.Target)
		}
	}
	return given
}
