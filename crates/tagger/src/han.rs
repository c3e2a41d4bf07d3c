//! Characters of vendor names and technology words, simplified and traditional.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Simplified characters of what the watchlists write, each before its traditional form. Those with
/// two forms that are both usual in names (里: 阿里, 公里 and 這裡) stand as written.
const PAIRS: &str = "\
华華为為讯訊兴興视視网網龙龍创創东東车車联聯电電动動云雲业業团團机機国國长長储儲达達来來\
荣榮传傳欧歐维維腾騰节節飞飛汤湯旷曠从從图圖阳陽医醫疗療铁鐵桥橋资資银銀矿礦进進发發际際\
运運输輸远遠岛島纵縱横橫亚亞宁寧时時数數据據络絡础礎设設备備监監摄攝头頭频頻无無线線检檢\
扫掃仪儀弹彈导導统統脸臉识識别別务務学學测測实實验驗开開关關单單签簽议議协協战戰谅諒录錄\
标標准準护護个個办辦规規则則红紅码碼卫衛缆纜纤纖谱譜卖賣换換现現专專应應链鏈兰蘭罗羅贝貝\
尔爾马馬诺諾萨薩门門众眾赛賽对對优優乐樂贸貿购購计計级級显顯产產与與会會经經钢鋼气氣伟偉\
树樹莱萊轮輪厂廠济濟员員术術软軟盘盤极極镜鏡热熱军軍场場万萬区區萤螢珑瓏宝寶鸟鳥猫貓鸿鴻\
宽寬带帶洁潔汇匯亿億汉漢苏蘇艺藝启啟币幣价價证證权權风風险險压壓构構组組织織边邊坚堅终終\
报報丝絲绸綢声聲话話语語读讀谁誰种種灵靈预預诉訴罚罰举舉调調欢歡访訪问問题題见見类類丛叢\
两兩丰豐义義乔喬习習书書争爭于於亏虧亩畝仑侖们們伦倫体體养養内內冈岡农農冯馮净淨几幾凯凱\
击擊划劃刘劉势勢勋勳卢盧厢廂厦廈县縣参參变變叠疊号號后後吕呂吗嗎听聽吴吳响響块塊垄壟墙牆\
处處复復夸誇夺奪奖獎奥奧孙孫将將属屬巅巔师師广廣庆慶库庫庙廟张張强強归歸当當彦彥忆憶态態\
总總戏戲户戶执執扩擴抢搶拟擬损損携攜断斷暂暫杂雜条條杨楊枣棗枪槍桩樁梦夢楼樓歼殲汹洶涌湧\
润潤涨漲温溫湾灣滚滾滩灘灭滅炉爐炖燉点點烟煙环環礼禮祎禕祷禱祸禍离離称稱税稅竞競笔筆简簡\
篮籃粮糧紧緊纯純绩績绽綻罢罷胜勝脑腦脚腳舰艦苹蘋荐薦荫蔭获獲萝蘿营營蒋蔣虾蝦蚁蟻蚂螞装裝\
观觀觉覺订訂认認让讓记記讲講许許论論讼訟评評诈詐词詞译譯请請课課谍諜谢謝谭譚负負财財败敗\
货貨贷貸贺賀赖賴赠贈赵趙轨軌转轉载載轿轎辆輛辽遼迁遷过過迈邁连連选選遗遺邓鄧邹鄒郑鄭钉釘\
钟鐘钱錢铜銅销銷锋鋒镇鎮间間阅閱阔闊队隊陆陸陈陳随隨韩韓顶頂项項顾顧顿頓颁頒领領额額饭飯\
馒饅驶駛驾駕骁驍骗騙鲲鯤鸣鳴鸽鴿鹏鵬黄黃龚龔晋晉伤傷债債侨僑偿償兑兌冻凍剂劑励勵劳勞厉厲\
厌厭双雙吨噸哑啞园園围圍坏壞垫墊壮壯尘塵尝嘗层層岁歲帅帥帐帳废廢异異弃棄弯彎恶惡惊驚惯慣\
愿願戋戔扬揚扰擾担擔择擇拥擁挂掛挡擋挤擠挥揮掷擲摆擺攒攢敌敵旧舊昼晝晓曉柜櫃栏欄样樣档檔\
毁毀毕畢泪淚泽澤洒灑浅淺浓濃涛濤滞滯满滿灿燦牵牽犹猶状狀独獨献獻瓯甌疮瘡疯瘋皱皺盐鹽矫矯\
砖磚确確碍礙积積稳穩穷窮窃竊笼籠纠糾纪紀约約纷紛纸紙练練细細绍紹绑綁结結绕繞给給绝絕继繼\
续續综綜绿綠缓緩编編缘緣缩縮缴繳翘翹耸聳职職肃肅肠腸肤膚脏髒舱艙艰艱蓝藍虑慮补補袭襲览覽\
触觸讨討训訓诊診试試诗詩诚誠该該详詳误誤说說谈談谋謀贡貢贤賢质質贯貫贴貼贵貴费費赔賠赚賺\
趋趨较較违違迟遲适適递遞遥遙邮郵释釋针針钻鑽铃鈴铝鋁锁鎖锅鍋锂鋰错錯镑鎊闭閉闯闖闲閑阶階\
难難静靜韦韋页頁颗顆饮飲驱驅鱼魚齐齊龄齡\
";

fn pairs() -> impl Iterator<Item = (char, char)> {
    PAIRS.chars().zip(PAIRS.chars().skip(1)).step_by(2)
}

static TRADITIONAL: LazyLock<HashMap<char, char>> = LazyLock::new(|| pairs().collect());
static SIMPLIFIED: LazyLock<HashMap<char, char>> =
    LazyLock::new(|| pairs().map(|(simplified, other)| (other, simplified)).collect());

/// The traditional form of a text in simplified characters.
pub(crate) fn traditional(text: &str) -> String {
    text.chars().map(|c| TRADITIONAL.get(&c).copied().unwrap_or(c)).collect()
}

/// The simplified form of a character.
pub(crate) fn simplified(c: char) -> char {
    SIMPLIFIED.get(&c).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_traditional_form() {
        for (simplified, expected) in [
            ("阿里云", "阿里雲"),
            ("网龙", "網龍"),
            ("荣耀归", "榮耀歸"),
            ("平板电脑", "平板電腦"),
            ("小米", "小米"),
        ] {
            assert_eq!(traditional(simplified), expected);
        }
    }

    #[test]
    fn no_character_stands_twice_or_for_itself() {
        let all: Vec<_> = pairs().collect();
        assert_eq!(PAIRS.chars().count(), 2 * all.len());
        for (n, (simplified, traditional)) in all.iter().enumerate() {
            assert_ne!(simplified, traditional);
            assert!(all[n + 1..].iter().all(|pair| pair.0 != *simplified), "{simplified}");
        }
    }
}
