package dev.patchscopes.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Tokenizers of every kind of model, with every kind of step around it, as small as can be. */
final class TokenizerSeeds {

    private static final String BYTE_LEVEL =
            "{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':true}";
    private static final String METASPACE =
            "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'always','split':true}";
    private static final String ADDED =
            "{'id':%d,'content':'%s','single_word':false,'lstrip':false,'rstrip':true,"
                    + "'normalized':false,'special':true}";

    private TokenizerSeeds() {}

    static Map<String, byte[]> all() {
        Map<String, String> seeds = new TreeMap<>();
        seeds.put(
                "byte-level",
                tokenizer(
                                ADDED.formatted(9, "<s>"),
                                "null",
                                BYTE_LEVEL,
                                BYTE_LEVEL,
                                BYTE_LEVEL,
                                "{'type':'BPE','dropout':null,'unk_token':null,"
                                        + "'vocab':{'H':0,'e':1,'l':2,'o':3,'\u0120':4,'t':5,'h':6,"
                                        + "'he':7,'\u0120t':8,'<s>':9},"
                                        + "'merges':['h e','\u0120 t']}")
                        + "\u001e{'bos_token':'<s>','eos_token':{'content':'<s>'},"
                        + "'tokenizer_class':'GPT2TokenizerFast','add_bos_token':false}"
                        + "\u001e{'pad_token':'<s>','additional_special_tokens':['o','<s>']}"
                        + "\u001e{'eos_token_id':[9,3],'bos_token_id':9}"
                        + "\u001e{'model_type':'gpt2','text_config':{'pad_token_id':-1}}");
        seeds.put(
                "byte-fallback",
                tokenizer(
                                ADDED.formatted(0, "<unk>") + "," + ADDED.formatted(1, "<s>"),
                                "{'type':'Sequence','normalizers':["
                                        + "{'type':'Prepend','prepend':'\u2581'},"
                                        + "{'type':'Replace','pattern':{'String':' '},"
                                        + "'content':'\u2581'}]}",
                                "null",
                                "{'type':'TemplateProcessing','single':["
                                        + "{'SpecialToken':{'id':'<s>','type_id':0}},"
                                        + "{'Sequence':{'id':'A','type_id':0}}],"
                                        + "'pair':[{'Sequence':{'id':'A','type_id':0}},"
                                        + "{'Sequence':{'id':'B','type_id':1}}],"
                                        + "'special_tokens':{'<s>':{'id':'<s>','ids':[1],"
                                        + "'tokens':['<s>']}}}",
                                "{'type':'Sequence','decoders':[{'type':'Replace',"
                                        + "'pattern':{'String':'\u2581'},'content':' '},"
                                        + "{'type':'ByteFallback'},{'type':'Fuse'},"
                                        + "{'type':'Strip','content':' ','start':1,'stop':0}]}",
                                "{'type':'BPE','unk_token':'<unk>','fuse_unk':true,"
                                        + "'byte_fallback':true,'ignore_merges':false,"
                                        + "'vocab':{'<unk>':0,'<s>':1,'<0x0A>':2,'<0xE4>':3,"
                                        + "'\u2581':4,'a':5,'b':6,'\u2581a':7},"
                                        + "'merges':[['\u2581','a']]}")
                        + "\u001e{'tokenizer_class':'LlamaTokenizer','add_eos_token':true,"
                        + "'bos_token':'<s>'}");
        seeds.put(
                "unigram",
                tokenizer(
                        ADDED.formatted(0, "<pad>"),
                        "{'type':'Sequence','normalizers':[{'type':'NFKC'},"
                                + "{'type':'StripAccents'},{'type':'Lowercase'}]}",
                        METASPACE,
                        "{'type':'BertProcessing','sep':['<pad>',0],'cls':['<pad>',0]}",
                        METASPACE,
                        "{'type':'Unigram','unk_id':1,'byte_fallback':false,"
                                + "'vocab':[['<pad>',0.0],['<unk>',0.0],['\u2581',-1.5],"
                                + "['h',-2.5],['e',-3],['\u2581h',-2.25],['l',-4e0]]}"));
        seeds.put(
                "word-piece",
                tokenizer(
                        ADDED.formatted(1, "[CLS]"),
                        "{'type':'BertNormalizer','clean_text':true,"
                                + "'handle_chinese_chars':true,'strip_accents':null,"
                                + "'lowercase':true}",
                        "{'type':'BertPreTokenizer'}",
                        "{'type':'RobertaProcessing','sep':['[CLS]',1],'cls':['[CLS]',1],"
                                + "'trim_offsets':true,'add_prefix_space':false}",
                        "{'type':'WordPiece','prefix':'##','cleanup':true}",
                        "{'type':'WordPiece','unk_token':'[UNK]',"
                                + "'continuing_subword_prefix':'##','max_input_chars_per_word':100,"
                                + "'vocab':{'[UNK]':0,'[CLS]':1,'he':2,'##l':3,'##o':4,'a':5}}"));
        seeds.put(
                "word-level",
                tokenizer(
                        "",
                        "{'type':'Strip','strip_left':true,'strip_right':true}",
                        "{'type':'Sequence','pretokenizers':[{'type':'Whitespace'},"
                                + "{'type':'Digits','individual_digits':true},"
                                + "{'type':'Punctuation','behavior':'Isolated'},"
                                + "{'type':'Split','pattern':{'Regex':'\\\\d|[a-z]+'},"
                                + "'behavior':'MergedWithPrevious','invert':false},"
                                + "{'type':'CharDelimiterSplit','delimiter':'-'},"
                                + "{'type':'UnicodeScripts'}]}",
                        "null",
                        "{'type':'CTC','pad_token':'<pad>','word_delimiter_token':'|',"
                                + "'cleanup':true}",
                        "{'type':'WordLevel','unk_token':'<unk>',"
                                + "'vocab':{'<unk>':0,'Hello':1,'world':2,'1':3}}"));
        seeds.put(
                "split",
                tokenizer(
                        "",
                        "null",
                        "{'type':'Split','pattern':{'Regex':'(?i:\\\\.s|\\\\.t)"
                                + "|[^\\\\r\\\\n\\\\p{L}]?\\\\p{L}+|\\\\d{1,3}|\\\\s*[\\\\r\\\\n]+"
                                + "|\\\\s+(?!\\\\S)|[a-z&&[^e]]'},'behavior':'Isolated',"
                                + "'invert':true}",
                        "null",
                        "{'type':'Replace','pattern':{'Regex':'a+b?'},'content':'c'}",
                        "{'type':'BPE','unk_token':'a','vocab':{'a':0,'!':1,'aa':2},"
                                + "'merges':[['a','a']]}"));
        seeds.put(
                "precompiled",
                tokenizer(
                        "",
                        "{'type':'Precompiled','precompiled_charsmap':'BAAAAAEAAAA='}",
                        "{'type':'WhitespaceSplit'}",
                        "null",
                        "{'type':'BPEDecoder','suffix':'</w>'}",
                        "{'type':'BPE','end_of_word_suffix':'</w>',"
                                + "'continuing_subword_prefix':'##',"
                                + "'vocab':{'a':0,'b</w>':1,'ab</w>':2},'merges':['a b</w>']}"));
        seeds.put(
                "vocab-and-merges",
                "\u001e{'tokenizer_class':'GPT2Tokenizer','unk_token':'H'}\u001e\u001e\u001e\u001e"
                        + "{'H':0,'e':1,'He':2,'\u0120':3}\u001e#version: 0.2\nH e\n");
        Map<String, byte[]> utf8 = new TreeMap<>();
        seeds.forEach(
                (name, text) ->
                        utf8.put(name, text.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
        return utf8;
    }

    private static String tokenizer(
            String added,
            String normalizer,
            String preTokenizer,
            String postProcessor,
            String decoder,
            String model) {
        return "{'version':'1.0','truncation':null,'padding':null,'added_tokens':["
                + added
                + "],'normalizer':"
                + normalizer
                + ",'pre_tokenizer':"
                + preTokenizer
                + ",'post_processor':"
                + postProcessor
                + ",'decoder':"
                + decoder
                + ",'model':"
                + model
                + "}";
    }
}
