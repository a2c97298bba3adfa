global using Labels = System.Collections.Generic.KeyValuePair<string, object?>[];
